// The correction that a meal suggests for the next one. Pure.
#ifndef EGI_SERVER_CURVES_CORRECTION_H_
#define EGI_SERVER_CURVES_CORRECTION_H_

#include <optional>
#include <string>

namespace egi::curves {

// Confidence that the rule states (domain.md section 9); not a measured probability.
inline constexpr double kCorrectionConfidence = 0.75;

// A meal that was given, and what is planned for the next one. g per duck; weights g.
struct MealOutcome {
  std::optional<double> prescribed_g;
  double given_g = 0;
  std::optional<double> weight_g;
  std::optional<double> curve_weight_g;
  double planned_next_g = 0;
};

struct Correction {
  std::optional<double> gap_pct;         // of the dose; nullopt without a prescription
  std::optional<double> weight_gap_pct;  // set when beyond 10 %
  double change_g = 0;                   // proposed - planned
  double dose_g = 0;                     // proposed, 100..600 g unless the plan itself lies outside
  std::string reason;                    // French, one sentence
};

// domain.md section 9: half of the gap from 10 % on, the whole gap from 25 % on; +50 g where the weight is more than 10 % late, -30 g where it is ahead. The proposal is
// kept within 100..600 g, the range in which an entry raises no doubt (section 7.4). nullopt when nothing is to be corrected.
std::optional<Correction> ProposeCorrection(const MealOutcome& meal);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_CORRECTION_H_
