// The theoretical curve that the server proposes for a lot. Pure.
#ifndef EGI_SERVER_CURVES_DRAFT_H_
#define EGI_SERVER_CURVES_DRAFT_H_

#include <optional>
#include <string>
#include <vector>

#include "server/curves/course.h"

namespace egi::curves {

// Wishes that stand before what is known of the lot.
struct DraftWish {
  int days = 0;                        // 0 = the lot's
  std::string strain;                  // strain or breed; empty = the lot's
  std::optional<double> corn_goal_g;   // g per duck over the gavage; else by the liver, else the lot's own goal
  std::optional<double> liver_goal_g;  // mean liver weight: corn = liver x mean ITM of the strain
};

struct CurveDraft {
  std::string source;             // souche, souche_objectif or recommandee
  std::string method;             // one sentence, French
  std::vector<double> doses_g;    // two a day
  std::vector<double> weights_g;  // after each meal; empty when unknown
};

// Medians of the strain over the days of the lot, scaled when there is a goal; weights by breed, initial weight and goal.
CurveDraft DraftFor(const LotCourse& lot, const DraftWish& wish = {});

// A curve of the feeder, two doses a day, brought to the days of the lot.
CurveDraft DraftFromFeeder(const LotCourse& lot, int32_t curve_id, const std::vector<double>& doses_g);

// What a reader of a curve should know, sentences in French: doses outside 100..600 g; more corn than any lot of the campaign, unless it is the strain's own curve.
std::vector<std::string> WarningsOf(const std::vector<double>& doses_g, const std::string& source);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_DRAFT_H_
