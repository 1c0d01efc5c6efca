// When the meals of a lot are due, and what their absence means (domain.md sections 7.1 and 9; ADR 190). Pure functions.
#ifndef EGI_SERVER_ANALYSE_CALENDAR_H_
#define EGI_SERVER_ANALYSE_CALENDAR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "server/analyse/rules.h"
#include "server/analyse/verdict.h"

namespace egi::analyse {

// Types of the alerts.
inline constexpr char kSilenceAlert[] = "silence";
inline constexpr char kMissedMealAlert[] = "repas_manquant";

// Days of a lot are days of its site's zone. The place of a meal in the series is its slot: 2 * jour, + 1 in the evening.
struct LotCalendar {
  absl::CivilDay first_day;
  absl::TimeZone zone;
  std::optional<int32_t> planned_days;  // meals after 2 * planned_days are not expected
};

// "jour/moment" of a slot, e.g. "3/soir".
std::string SlotName(int32_t slot);

// When the meal of a slot is late: `grace` after noon (morning) or midnight (evening) of its day. The half day before it has the hours it has, also where
// the clock is changed.
absl::Time DueTime(const LotCalendar& calendar, int32_t slot, absl::Duration grace);

// What an active lot is silent about at an instant.
struct Absence {
  std::optional<AlertCandidate> silence;  // nothing came for long
  std::optional<AlertCandidate> missed;   // meals that are late
  std::string last_missed;                // name of the newest of them
};

// `last_meal` and `last_slot`: of the newest meal; `now` on the clock of the lot.
Absence JudgeAbsence(const LotCalendar& calendar, absl::Time last_meal, int32_t last_slot, absl::Time now, const MealRules& rules);

// The same of a lot that was never fed: it is silent from noon of its first day on, when its first meal was due. Which meals it missed is not known: it may have begun
// later than it was opened for.
Absence JudgeNeverFed(const LotCalendar& calendar, absl::Time now, const MealRules& rules);

// The same for the meal that ends an absence: the interval before it, and the slots that were passed over. The first meal of a lot ends its
// silence and says nothing of meals before it. Adds to alerts or cleared of `verdict`.
void JudgeRegularity(const feeding::v1::Meal& meal, const LotState& lot, const MealRules& rules, MealVerdict& verdict);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_CALENDAR_H_
