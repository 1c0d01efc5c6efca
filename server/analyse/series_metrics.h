// Business metrics of a run of livers: capability, moving averages, trends (simulators.md section 6). Pure functions.
#ifndef EGI_SERVER_ANALYSE_SERIES_METRICS_H_
#define EGI_SERVER_ANALYSE_SERIES_METRICS_H_

#include <optional>
#include <vector>

#include "server/analyse/quality_references.h"

namespace egi::analyse {

// What a run needs of each liver.
struct SeriesPoint {
  double hours = 0;          // time of the measurement, from any origin
  double score = 0;          // fused, 0..1
  double thickness_mm = 0;   // lobe thickness
  double delta_e = 0;
  double freshness = 0;      // index, 0..1
};

struct SeriesMetrics {
  int samples = 0;
  // Capability of the thickness over the last 100 samples; null for fewer than 10 or without spread.
  std::optional<double> cp, cpk;
  const char* process_capability = "unknown";  // capable, acceptable, incapable, unknown
  std::optional<double> process_mean, process_std;  // mm; sample standard deviation; null for fewer than 10
  std::optional<bool> is_centered;             // the mean lies within a tenth of the tolerance of its middle
  std::optional<double> moving_avg_10, moving_avg_50;  // of the score; null with fewer samples
  std::optional<double> slope;                 // of the last 20 scores, points of 100 per sample
  const char* trend = "unknown";               // rising, falling: steeper than the reference and than chance; stable, unknown
  // Of the newest liver against its target; null without samples.
  std::optional<double> deviation_mm, deviation_percent;
  std::optional<bool> is_within_tolerance;
  // Loss of the freshness index per hour over the last 20 livers of the run, and the hours until 0.5. They describe the run, not one liver:
  // each point is another liver. Null for fewer than 10 livers, or less than 6 minutes; the hours also when nothing is lost.
  std::optional<double> degradation_per_hour, shelf_life_hours;
  const char* freshness_trend = "unknown";     // stable, degrading, unknown
  std::optional<double> mean_delta_e, std_delta_e, colour_cv_percent;
  const char* colour_uniformity = "unknown";   // excellent, good, acceptable, low, unknown
};

// Metrics of a run, oldest first.
SeriesMetrics MetricsOf(const std::vector<SeriesPoint>& run, const QualityReferences& reference = {});

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_SERIES_METRICS_H_
