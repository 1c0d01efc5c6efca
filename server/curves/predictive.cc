#include "server/curves/predictive.h"

#include <algorithm>
#include <cmath>

namespace egi::curves {
namespace {

constexpr double kLeastG = 200, kMostG = 800, kMostMulardG = 750;
constexpr double kStepShare = 0.15, kStepG = 50, kStepMulardG = 45;
constexpr int kMealsOfADay = 2;

double PlanShare(double gap_g) {
  const double off = std::abs(gap_g);
  return off > 20 ? 0.8 : off > 10 ? 0.65 : 0.5;
}

// Natural cubic spline through (0, y0), (h, y1), (2 h, y2), h > 0, at x in [0, 2 h].
double Spline(double h, double y0, double y1, double y2, double x) {
  const double curvature = 1.5 * (y0 - 2 * y1 + y2) / (h * h);  // second derivative in the middle; 0 at both ends
  const bool left = x <= h;
  const double to_end = (left ? x : 2 * h - x) / h;  // 0 at the outer point, 1 in the middle
  const double outer = left ? y0 : y2;
  return outer * (1 - to_end) + y1 * to_end - curvature * h * h / 6 * (to_end - to_end * to_end * to_end);
}

std::optional<double> NewestGap(const PredictionInput& input) {
  double sum = 0;
  int meals = 0;
  for (auto at = input.given_g.rbegin(); at != input.given_g.rend() && meals < kMealsOfADay; ++at) {
    if (at->first >= static_cast<int>(input.plan_g.size())) continue;
    sum += at->second - input.plan_g[at->first];
    ++meals;
  }
  return meals == 0 ? std::nullopt : std::optional(sum / meals);
}

// `dose` within the bounds, given the dose a day earlier and both by the plan.
double Bounded(double dose, std::optional<double> day_before, double plan, double plan_step, bool mulard) {
  dose = std::clamp(dose, std::min(kLeastG, plan), std::max(mulard ? kMostMulardG : kMostG, plan));
  if (day_before.has_value()) {
    const double step = std::max(std::min(kStepShare * *day_before, mulard ? kStepMulardG : kStepG), std::abs(plan_step));
    dose = std::clamp(dose, *day_before - step, *day_before + step);
  }
  return std::round(dose * 10) / 10;
}

}  // namespace

Prediction Predict(const PredictionInput& input) {
  Prediction prediction;
  const int end = static_cast<int>(input.plan_g.size());
  const int newest = input.given_g.empty() ? -1 : input.given_g.rbegin()->first;
  prediction.first = newest + 1;
  prediction.gap_g = NewestGap(input);
  const double gap = prediction.gap_g.value_or(0);
  prediction.plan_share = PlanShare(gap);
  const double at_newest = (1 - prediction.plan_share) * gap;
  const double half_way = (1 - prediction.plan_share) * at_newest;
  const double half = (end - 1 - newest) / 2.0;
  std::map<int, double> doses = input.given_g;
  for (int place = prediction.first; place < end; ++place) {
    const double plan = input.plan_g[place];
    const double deviation = Spline(half, at_newest, half_way, 0, place - newest);
    const auto before = doses.find(place - kMealsOfADay);
    const double plan_step = place >= kMealsOfADay ? plan - input.plan_g[place - kMealsOfADay] : 0;
    const double dose = Bounded(plan + deviation, before == doses.end() ? std::nullopt : std::optional(before->second), plan, plan_step, input.mulard);
    doses[place] = dose;
    prediction.doses_g.push_back(dose);
  }
  return prediction;
}

}  // namespace egi::curves
