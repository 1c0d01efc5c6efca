// How a feeder is judged by his final lots. Pure.
#ifndef EGI_SERVER_PERFORMANCE_FEEDER_H_
#define EGI_SERVER_PERFORMANCE_FEEDER_H_

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace egi::performance {

// Best first; the index is cluster_id.
inline constexpr std::array<const char*, 5> kClusters = {"Excellent", "Très bon", "Bon", "À améliorer", "Critique"};

// Upper ITM of the clusters but the last (analytics.md section 3), kg/kg.
inline constexpr std::array<double, 4> kClusterBounds = {13, 14.5, 15.5, 17};

// Colours of the clusters on maps and badges (analytics.md section 3).
inline constexpr std::array<const char*, 5> kClusterColours = {"#10b981", "#3b82f6", "#f59e0b", "#f97316", "#ef4444"};

// Losses of a cluster from which its recommendation names them, percent (yellow on the dashboard from here, domain.md section 9).
inline constexpr double kNotableLoss = 3;

// What to do about the feeders of `cluster` (an index into kClusters), in French; names losses of kNotableLoss and more.
std::string ClusterRecommendation(int cluster, std::optional<double> loss_pct);

// Index into kClusters by the ITM of all lots, corn / liver. The only place where a feeder gets a cluster; the classes A to E of a lot have other bounds (itm.h).
int ClusterOf(double itm);

// 0..100: 70 % ITM (100 at the bound of class A, 12.5; 0 at that of class E, 17) and 30 % mortality (100 without losses; 0 at 5 %, where it is critical),
// linear in between (domain.md sections 4 and 9).
double FeederScore(double itm, double mortality_pct);

// Where the ITM of consecutive lots goes.
struct Trend {
  std::string name;              // amelioration, stable, degradation, or insuffisant for fewer than 4 lots
  std::optional<double> slope;   // kg/kg a lot, least squares; absent when insuffisant
};

// `itm` oldest first. A slope is a trend when it differs from 0 with p < 0.05 (t test of the correlation with the order).
Trend TrendOf(const std::vector<double>& itm);

}  // namespace egi::performance

#endif  // EGI_SERVER_PERFORMANCE_FEEDER_H_
