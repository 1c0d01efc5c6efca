// What a lot should weigh. Pure.
#ifndef EGI_SERVER_CURVES_WEIGHT_H_
#define EGI_SERVER_CURVES_WEIGHT_H_

#include <optional>
#include <string>
#include <vector>

namespace egi::curves {

// What is known of a lot's weights.
struct WeightPlan {
  std::string breed;                // Mulard, Barbarie or Pékin; any other text = unknown
  int days = 0;                     // > 0
  std::optional<double> initial_g;  // mean at placement; else the middle of the breed's range
  std::optional<double> final_g;    // mean aimed at; else what the breed gains
};

// Mean weight after each of 2 * days meals, g: gain per meal = base of the breed x (1.5 - 0.5 * day / days), scaled so that the last weight is `final_g` when that lies
// above the initial one (domain.md section 8). Empty when the breed is unknown and not both weights are given.
std::vector<double> WeightsOf(const WeightPlan& plan);

// Values of which there are two a day, resampled linearly to `days` >= 1 days, mornings and evenings each for themselves.
std::vector<double> ResampledDays(const std::vector<double>& two_a_day, int days);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_WEIGHT_H_
