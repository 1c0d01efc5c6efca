// A lot as its curves see it: what was planned, given, weighed and answered; and what follows from that. Pure.
#ifndef EGI_SERVER_CURVES_COURSE_H_
#define EGI_SERVER_CURVES_COURSE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/curves/conformity.h"
#include "server/curves/correction.h"
#include "server/curves/predictive.h"

namespace egi::curves {

// A place in the series is 2 * day, + 1 in the evening; day 0 is the first day of feeding. Doses in g per duck, weights in g.
struct CourseMeal {
  int32_t gavage_id = 0;
  absl::Time time;
  std::string date;  // ISO, in the site's zone
  std::optional<double> prescribed_g;
  double given_g = 0;
  std::optional<double> weight_g;
};

// Total of a day that was entered without its meals.
struct CourseDay {
  std::string date;
  double dose_g = 0;
  std::string comment;
};

struct CorrectionAnswer {
  int target = 0;
  double planned_g = 0, proposed_g = 0;
  std::string reason;
  bool accepted = false;
  std::optional<double> final_g;
  std::string by;
  absl::Time time;
};

struct LotCourse {
  int32_t id = 0;
  std::string code, site, statut, souche, breed;
  int32_t gaveur_id = 0;                              // 0 = unknown
  int days = 0;                                       // planned; 0 = unknown
  std::optional<double> corn_goal_g, initial_weight_g, weight_goal_g;
  int32_t curve_id = 0;                               // in force; 0 = none
  std::vector<double> curve_g, curve_weights_g;       // of it
  bool curve_waits = false;                           // one waits for a decision
  std::map<int, CourseMeal> meals;                    // by place
  std::map<int, CourseDay> entered;                   // by day
  std::map<int32_t, CorrectionAnswer> answers;        // by gavage_id of the meal that deviated
  int open_alerts = 0;

  bool active() const { return statut == "en_preparation" || statut == "en_gavage"; }
};

// Days of a lot whose duration nobody planned.
inline constexpr int kUsualDays = 12;
// Planned, else kUsualDays, and never fewer than were fed.
int DaysOf(const LotCourse& lot);

// What the lot should get, by place: the curve in force, else the medians of its strain; accepted corrections stand before either.
std::vector<double> PlanOf(const LotCourse& lot);

// What is expected of the rest of the lot; no doses when it is not active.
Prediction PredictCourse(const LotCourse& lot);

ConformityFigures ConformityOf(const LotCourse& lot);

// Newest weight against the curve in force, percent; nullopt without either.
std::optional<double> WeightGapPct(const LotCourse& lot);

// en_attente, acceptee, refusee, expiree (a later meal was given, or the lot ended, without an answer).
enum class CorrectionState { kPending, kAccepted, kRefused, kExpired };
const char* Name(CorrectionState state);

// A proposal that followed from a meal. An answered one shows what was proposed when it was answered.
struct LotCorrection {
  int32_t gavage_id = 0;
  int place = 0;   // of the meal that deviated
  int target = 0;  // of the meal it is for
  double planned_g = 0;
  Correction proposal;
  CorrectionState state = CorrectionState::kPending;
  std::optional<double> given_g;  // at the target
};

// By place.
std::vector<LotCorrection> CorrectionsOf(const LotCourse& lot);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_COURSE_H_
