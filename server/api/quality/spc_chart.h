// Turns samples into the messages of a control chart and of a capability.
#ifndef EGI_SERVER_API_QUALITY_SPC_CHART_H_
#define EGI_SERVER_API_QUALITY_SPC_CHART_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "egi/quality/v1/spc.pb.h"
#include "server/analytics/spc/capability.h"
#include "server/analytics/spc/rules.h"
#include "server/storage/read/spc_reader.h"

namespace egi::api {

// A chart that was asked for, checked.
struct ChartPlan {
  std::string kind;                                                  // i_mr, xbar_r, xbar_s, ewma or cusum
  storage::read::SpcGroup subgroup_by = storage::read::SpcGroup::kDevice;
  int subgroup_size = 1;                                             // 2..25 for xbar_r and xbar_s, else 1
  std::optional<double> mean, sigma;
  std::vector<spc::Rule> rules;
  spc::Specification specification;
  double lambda = 0.2, width = 2.7, k = 0.5, h = 5;
};

// Fills mean, sigma, points, panels, violations, capability and warnings. `baseline` may be the same samples. Errors: FAILED_PRECONDITION
// (NO_CONTROL_LIMITS: too few samples or no spread in the baseline).
absl::Status FillChart(const ChartPlan& plan, const std::vector<storage::read::SpcSample>& samples,
                       const std::vector<storage::read::SpcSample>& baseline, quality::v1::GetChartResponse* response);

// Capability of values, oldest first; what cannot be computed makes the verdict `unknown` and says why.
quality::v1::SpcCapability ToCapability(const std::vector<double>& values, const spc::Spread& within,
                                        const spc::Specification& specification, double confidence);

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_SPC_CHART_H_
