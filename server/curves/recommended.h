// The curve recommended to a feeder by the results so far. Pure.
#ifndef EGI_SERVER_CURVES_RECOMMENDED_H_
#define EGI_SERVER_CURVES_RECOMMENDED_H_

#include <optional>
#include <string>
#include <vector>

#include "server/curves/reference.h"

namespace egi::curves {

// Finished lots of a feeder.
struct FeederHistory {
  int lots = 0;
  std::optional<double> itm;       // corn / liver of all of them, kg/kg
  std::optional<double> loss_pct;  // birds lost / birds placed
};

// g per duck.
struct RecommendedDoses {
  int cluster = 2;
  double target_itm = 0;
  double factor = 1;                // by the ITM of the past
  std::vector<double> totals_g;     // eleven days
  std::vector<double> mornings_g;   // 45 %, whole g
  std::vector<double> evenings_g;   // the rest
  std::string source;               // one sentence, French
  std::vector<std::string> advice;  // sentences, French
};

// domain.md section 7.4, for the cluster that performance::ClusterOf names. Clusters 0 and 2 have curves of their own, cluster 1 takes the mean of both, clusters 3 and
// 4 that of cluster 2; a feeder without history is cluster 2. The target is 13 for clusters 0 and 1 and the bound to the next better cluster for the others (14.5,
// 15.5, 17). Personal factor 1 - 0.03 x (ITM - target)
// when they differ by more than 0.5, within 0.85..1.15; above 2 % of loss x 0.95, and x 0.90 on days 1 to 4, x 0.95 on days 5 to 7. Other strains than CF80* get the
// share of corn that they got in the campaign.
RecommendedDoses Recommend(const FeederHistory& history, const Reference& strain);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_RECOMMENDED_H_
