#include "server/performance/feeder.h"

#include <algorithm>

#include "server/analytics/correlation/correlation.h"

namespace egi::performance {

int ClusterOf(double itm) {
  const auto bound = std::find_if(kClusterBounds.begin(), kClusterBounds.end(), [itm](double limit) { return itm <= limit; });
  return static_cast<int>(bound - kClusterBounds.begin());
}

double FeederScore(double itm, double mortality_pct) {
  const double efficiency = std::clamp((17 - itm) / (17 - 12.5), 0.0, 1.0);
  const double health = std::clamp(1 - mortality_pct / 5, 0.0, 1.0);
  return 70 * efficiency + 30 * health;
}

Trend TrendOf(const std::vector<double>& itm) {
  if (itm.size() < 4) return {"insuffisant", std::nullopt};
  std::vector<double> order;
  double mean = 0;
  for (size_t i = 0; i < itm.size(); ++i) {
    order.push_back(static_cast<double>(i));
    mean += itm[i] / static_cast<double>(itm.size());
  }
  const double middle = (static_cast<double>(itm.size()) - 1) / 2;
  double covered = 0, squares = 0;
  for (size_t i = 0; i < itm.size(); ++i) {
    covered += (order[i] - middle) * (itm[i] - mean);
    squares += (order[i] - middle) * (order[i] - middle);
  }
  const double slope = covered / squares;
  const auto correlation = analytics::Pearson(order, itm);
  if (!correlation.has_value() || correlation->p_value >= 0.05) return {"stable", slope};
  return {slope < 0 ? "amelioration" : "degradation", slope};
}

}  // namespace egi::performance
