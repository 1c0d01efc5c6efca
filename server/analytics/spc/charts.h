// Control charts: centre lines and limits of measured values, oldest first. Pure functions; values must be finite.
#ifndef EGI_SERVER_ANALYTICS_SPC_CHARTS_H_
#define EGI_SERVER_ANALYTICS_SPC_CHARTS_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"

namespace egi::spc {

// What the limits are computed from.
struct Process {
  double mean = 0;
  double sigma = 1;  // standard deviation of a single value, > 0
};

// Control limits at one point.
struct Limits {
  double lower = 0;
  double upper = 0;
};

// One picture: a figure per point with its limits. The three have the same length.
struct Panel {
  double centre = 0;
  std::vector<std::optional<double>> values;  // absent where there is no figure: the moving range of the first value
  std::vector<Limits> limits;

  // Places of the values outside their limits, ascending.
  std::vector<int> Beyond() const;
};

// A level and its dispersion (I-MR, Xbar-R, Xbar-S); `level_sigma` is the standard deviation of a plotted level, for the rules.
struct Chart {
  Panel level;
  Panel dispersion;
  double level_sigma = 1;
};

// Both sums of a tabular CUSUM, each >= 0.
struct CusumChart {
  Panel high;
  Panel low;
};

// Subgroups of one size, 2..25, oldest first.
using Subgroups = std::vector<std::vector<double>>;

// Mean and sigma = mean moving range / 1.128 (Montgomery, section 6.4). Errors: FAILED_PRECONDITION (fewer than 2 values, no spread).
absl::StatusOr<Process> EstimateFromIndividuals(const std::vector<double>& values);

// Mean and sigma = mean range / d2 (Montgomery, section 6.2). Errors: FAILED_PRECONDITION (no subgroup, no spread).
absl::StatusOr<Process> EstimateFromRanges(const Subgroups& subgroups);

// Mean and sigma = mean standard deviation / c4 (Montgomery, section 6.3). Errors: FAILED_PRECONDITION (no subgroup, no spread).
absl::StatusOr<Process> EstimateFromStdDevs(const Subgroups& subgroups);

// Individuals and moving ranges of two, limits at 3 sigma.
Chart IndividualsChart(const std::vector<double>& values, const Process& process);

// Means and ranges, limits at 3 sigma.
Chart XbarRChart(const Subgroups& subgroups, const Process& process);

// Means and standard deviations (n - 1), limits at 3 sigma.
Chart XbarSChart(const Subgroups& subgroups, const Process& process);

// z_i = lambda x_i + (1 - lambda) z_(i-1), z_0 = mean; exact limits mean +- width sigma sqrt(lambda / (2 - lambda) (1 - (1 - lambda)^(2i)))
// (Montgomery, section 9.2). `process.sigma` is that of a plotted value. 0 < lambda <= 1, width > 0.
Panel EwmaPanel(const std::vector<double>& values, const Process& process, double lambda, double width);

// C+_i = max(0, x_i - (mean + k sigma) + C+_(i-1)), C-_i = max(0, (mean - k sigma) - x_i + C-_(i-1)), limit h sigma (Montgomery, section
// 9.1). `process.sigma` is that of a plotted value. k and h in standard deviations, > 0.
CusumChart TabularCusum(const std::vector<double>& values, const Process& process, double k, double h);

double Mean(const std::vector<double>& values);             // at least 1 value
double StandardDeviation(const std::vector<double>& values);  // n - 1, at least 2 values

}  // namespace egi::spc

#endif  // EGI_SERVER_ANALYTICS_SPC_CHARTS_H_
