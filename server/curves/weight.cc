#include "server/curves/weight.h"

#include <algorithm>
#include <cmath>

namespace egi::curves {
namespace {

// domain.md section 8: middle of the range at placement, and of the base gain per meal, g.
struct Growth {
  const char* breed;
  double initial_g;
  double gain_g;
};
constexpr Growth kGrowths[] = {{"Mulard", 4500, 75}, {"Barbarie", 3900, 60}, {"Pékin", 4100, 65}};

}  // namespace

std::vector<double> WeightsOf(const WeightPlan& plan) {
  const auto* growth = std::find_if(std::begin(kGrowths), std::end(kGrowths), [&](const Growth& each) { return plan.breed == each.breed; });
  const bool known = growth != std::end(kGrowths);
  if (!known && !(plan.initial_g.has_value() && plan.final_g.has_value())) return {};
  const double initial = plan.initial_g.has_value() ? *plan.initial_g : growth->initial_g;
  std::vector<double> gains;
  double total = 0;
  for (int meal = 0; meal < 2 * plan.days; ++meal) {
    gains.push_back((known ? growth->gain_g : 1.0) * (1.5 - 0.5 * (meal / 2) / plan.days));
    total += gains.back();
  }
  const bool aimed = plan.final_g.has_value() && *plan.final_g > initial;
  if (!aimed && !known) return {};
  const double scale = aimed ? (*plan.final_g - initial) / total : 1;
  std::vector<double> weights;
  double weight = initial;
  for (const double gain : gains) {
    weight += gain * scale;
    weights.push_back(std::round(weight * 10) / 10);
  }
  return weights;
}

std::vector<double> ResampledDays(const std::vector<double>& two_a_day, int days) {
  const int known = static_cast<int>(two_a_day.size()) / 2;
  std::vector<double> values;
  for (int day = 0; known > 0 && day < days; ++day) {
    const double position = days == 1 ? 0 : static_cast<double>(day) * (known - 1) / (days - 1);
    const int below = std::min(static_cast<int>(position), std::max(0, known - 2));
    const int above = std::min(below + 1, known - 1);
    for (int moment = 0; moment < 2; ++moment) {
      const double value = two_a_day[2 * below + moment] + (two_a_day[2 * above + moment] - two_a_day[2 * below + moment]) * (position - below);
      values.push_back(std::round(value * 10) / 10);
    }
  }
  return values;
}

}  // namespace egi::curves
