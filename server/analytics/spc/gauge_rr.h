// Gauge R&R: how much of the variation of a measurement is the gauge, by analysis of variance of a crossed study
// (AIAG, Measurement Systems Analysis, 4th edition, chapter III). Pure functions.
#ifndef EGI_SERVER_ANALYTICS_SPC_GAUGE_RR_H_
#define EGI_SERVER_ANALYTICS_SPC_GAUGE_RR_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace egi::spc {

// values[part][appraiser][repeat]: every appraiser measured every part equally often, at least twice.
using GaugeValues = std::vector<std::vector<std::vector<double>>>;

struct GaugeOptions {
  double pooling_alpha = 0.25;  // the interaction is pooled with the repeatability when its p is greater; 0..1
  std::optional<double> tolerance;  // width of the tolerance, unit of the values, > 0
};

// A row of the analysis of variance.
struct AnovaLine {
  std::string source;  // part, appraiser, appraiser_by_part, repeatability or total
  int degrees = 0;
  double sum_of_squares = 0;
  std::optional<double> mean_square;  // absent for the total
  std::optional<double> f;            // of part, appraiser and interaction
  std::optional<double> p;
};

struct GaugeComponent {
  std::string source;  // gauge_rr, repeatability, reproducibility, appraiser, appraiser_by_part (unless pooled), part_to_part, total
  double variance = 0;  // a negative estimate is 0
  double std_dev = 0;
  double contribution_pct = 0;           // of the total variance
  double study_variation_pct = 0;        // of the total standard deviation
  std::optional<double> tolerance_pct;  // 6 std_dev / tolerance
};

struct GaugeResult {
  std::vector<AnovaLine> full;     // with the interaction
  std::vector<AnovaLine> reduced;  // without it; empty unless pooled
  bool interaction_pooled = false;
  std::vector<GaugeComponent> components;  // in the order named above
  double grr_pct = 0;                      // study variation of gauge_rr
  int ndc = 0;                             // 1.41 part_to_part / gauge_rr, truncated; at most 1000
  std::string verdict;                     // acceptable (grr < 10 %, ndc >= 5), marginal (grr <= 30 %, ndc >= 5), else unacceptable
};

// Errors: INVALID_ARGUMENT (fewer than 2 parts, appraisers or repeats, unequal numbers, a value that is not finite, options out of range);
// FAILED_PRECONDITION when all values are equal.
absl::StatusOr<GaugeResult> AnalyseGauge(const GaugeValues& values, const GaugeOptions& options);

}  // namespace egi::spc

#endif  // EGI_SERVER_ANALYTICS_SPC_GAUGE_RR_H_
