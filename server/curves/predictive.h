// How the rest of a lot will go: the plan, with the deviation of the newest meals fading out. Pure.
#ifndef EGI_SERVER_CURVES_PREDICTIVE_H_
#define EGI_SERVER_CURVES_PREDICTIVE_H_

#include <map>
#include <optional>
#include <vector>

namespace egi::curves {

// domain.md section 7.2: 90 % of the meals of the campaign stayed within these shares of their prescription.
inline constexpr double kLowerShare = 1 - 0.037;
inline constexpr double kUpperShare = 1 + 0.022;

struct PredictionInput {
  std::vector<double> plan_g;     // by place in the series, two a day
  std::map<int, double> given_g;  // by place; places of skipped meals are absent
  bool mulard = false;            // other bounds hold for Mulards
};

struct Prediction {
  std::optional<double> gap_g;   // mean deviation of the newest two meals from the plan; nullopt without meals
  double plan_share = 0.5;       // of the plan in the blend at the newest meal
  int first = 0;                 // place of doses_g[0]: after the newest meal
  std::vector<double> doses_g;   // up to the end of the plan
};

// domain.md section 7.4. The blend of plan and observed dose at the newest meal is 80/20 where they differ by more than 20 g, 65/35 by more than 10 g, else 50/50. The
// deviation from the plan then follows the natural cubic spline through three control points: the blend at the newest meal, the blend of that one half way, none
// at the last meal. Doses stay within 200..800 g (Mulard 750) and change from day to day by at most 15 % and 50 g (Mulard 45 g), except that the plan itself may
// be followed where it goes beyond.
Prediction Predict(const PredictionInput& input);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_PREDICTIVE_H_
