#include "server/curves/conformity.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace egi::curves {

ConformityFigures ConformityOf(const std::vector<GivenMeal>& meals) {
  constexpr double kEpsilon = 1e-9;  // the bound is inclusive; binary fractions must not miss it
  ConformityFigures figures;
  std::set<int> days, bad_days;
  double gap_pct_sum = 0, gap_pct_max = 0, gap_sum = 0;
  int good = 0;
  for (const GivenMeal& meal : meals) {
    figures.total_given_g += meal.given_g;
    if (meal.prescribed_g.value_or(0) <= 0) continue;
    const double gap = meal.given_g - *meal.prescribed_g;
    const double pct = std::abs(gap) / *meal.prescribed_g * 100;
    ++figures.meals;
    figures.total_prescribed_g += *meal.prescribed_g;
    gap_sum += gap;
    gap_pct_sum += pct;
    gap_pct_max = std::max(gap_pct_max, pct);
    days.insert(meal.place / 2);
    pct < kTolerancePct - kEpsilon ? void(++good) : void(bad_days.insert(meal.place / 2));
  }
  figures.days = static_cast<int>(days.size());
  figures.days_out_of_tolerance = static_cast<int>(bad_days.size());
  if (figures.meals == 0) return figures;
  figures.mean_gap_pct = gap_pct_sum / figures.meals;
  figures.max_gap_pct = gap_pct_max;
  figures.mean_gap_g = gap_sum / figures.meals;
  figures.conforming_pct = 100.0 * good / figures.meals;
  return figures;
}

}  // namespace egi::curves
