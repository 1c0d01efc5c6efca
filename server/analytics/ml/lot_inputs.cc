#include "server/analytics/ml/lot_inputs.h"

#include <algorithm>
#include <cmath>

namespace egi::analytics::ml {
namespace {

// Optimal and minimal final weight, g (domain.md section 13).
struct Limits {
  double optimal, minimal;
};

Limits LimitsOf(const std::string& breed) {
  if (breed == "Mulard") return {6500, 5800};
  if (breed == "Barbarie") return {6000, 5500};
  return {6200, 5600};
}

float Bounded(double value, double low, double high) { return static_cast<float>(std::clamp(value, low, high)); }

struct Gaps {
  double mean = 0, spread = 0;  // %
};

Gaps GapsOf(const std::vector<LotMeal>& meals) {
  double sum = 0, squares = 0;
  int count = 0;
  for (const LotMeal& meal : meals) {
    if (meal.target_g <= 0) continue;
    const double gap = (meal.dose_g - meal.target_g) / meal.target_g * 100;
    sum += gap;
    squares += gap * gap;
    ++count;
  }
  if (count == 0) return {};
  return {sum / count, std::sqrt(std::max(0.0, squares / count - sum / count * sum / count))};
}

}  // namespace

const std::array<const char*, kLotFigures> kLotFigureNames = {
    "is_mulard", "is_barbarie", "weight_to_optimal", "weight_to_minimal", "mortality_pct", "gain_per_meal",
    "meals",     "finished",    "corn_kg",           "dose_gap_mean_pct", "dose_gap_spread_pct"};

int WeighedMeals(const LotHistory& lot) {
  return static_cast<int>(std::count_if(lot.meals.begin(), lot.meals.end(), [](const LotMeal& meal) { return meal.mean_weight_g > 0; }));
}

std::array<float, kLotFigures> LotFiguresOf(const LotHistory& lot) {
  constexpr size_t kGainOver = 6;
  std::vector<double> weights;
  double corn = 0;
  int placed = lot.birds_placed, alive = 0;
  for (const LotMeal& meal : lot.meals) {
    corn += meal.dose_g;
    if (meal.mean_weight_g > 0) weights.push_back(meal.mean_weight_g);
    if (meal.alive <= 0) continue;
    if (placed <= 0) placed = meal.alive;
    alive = meal.alive;
  }
  const Limits limits = LimitsOf(lot.breed);
  const double weight = weights.back();
  const size_t first = weights.size() > kGainOver ? weights.size() - 1 - kGainOver : 0;
  const double gain = weights.size() < 2 ? 0 : (weight - weights[first]) / static_cast<double>(weights.size() - 1 - first);
  const Gaps gaps = GapsOf(lot.meals);
  return {lot.breed == "Mulard" ? 1.0f : 0.0f,
          lot.breed == "Barbarie" ? 1.0f : 0.0f,
          Bounded((weight - limits.optimal) / 100, -8, 8),
          Bounded((weight - limits.minimal) / 100, -8, 8),
          placed > 0 && alive > 0 ? Bounded(100.0 * (placed - alive) / placed, 0, 20) : 0.0f,
          Bounded(gain / 10, -20, 40),
          static_cast<float>(lot.meals.size()),
          lot.finished ? 1.0f : 0.0f,
          Bounded(corn / 1000, 0, 20),
          Bounded(gaps.mean, -50, 50),
          Bounded(gaps.spread, 0, 50)};
}

}  // namespace egi::analytics::ml
