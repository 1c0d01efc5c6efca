#include "server/performance/planned_curve.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "server/curves/reference.h"

namespace egi::performance {

void AddPlannedCurve(LotFacts& facts) {
  if (facts.own_curve || !facts.planned_days.has_value()) return;
  const std::vector<double> doses = curves::DosesOf(curves::ReferenceOf(facts.souche, facts.genetique), std::max(2, 2 * *facts.planned_days));
  facts.curve_total_g = curves::Sum(doses);
  const size_t left = std::min(doses.size(), static_cast<size_t>(facts.meals_left));
  facts.curve_left_g = curves::Sum({doses.end() - static_cast<std::ptrdiff_t>(left), doses.end()});
}

}  // namespace egi::performance
