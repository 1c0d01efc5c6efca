#include "server/analytics/spc/charts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/analytics/spc/constants.h"

namespace egi::spc {
namespace {

double Range(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return *high - *low;
}

std::vector<double> MovingRanges(const std::vector<double>& values) {
  std::vector<double> ranges;
  for (size_t i = 1; i < values.size(); ++i) ranges.push_back(std::abs(values[i] - values[i - 1]));
  return ranges;
}

absl::StatusOr<Process> WithSpread(double mean, double sigma) {
  if (sigma > 0) return Process{mean, sigma};
  return absl::FailedPreconditionError(absl::StrCat("all values equal ", mean, ": without spread there are no control limits"));
}

using Dispersion = std::function<double(const std::vector<double>&)>;

absl::StatusOr<Process> EstimateFromSubgroups(const Subgroups& subgroups, const Dispersion& dispersion,
                                              const std::function<double(int)>& unbiasing) {
  if (subgroups.empty()) return absl::FailedPreconditionError("no subgroup is complete");
  double sum = 0, spread = 0;
  for (const auto& subgroup : subgroups) {
    sum += Mean(subgroup);
    spread += dispersion(subgroup);
  }
  return WithSpread(sum / subgroups.size(), spread / subgroups.size() / unbiasing(subgroups.front().size()));
}

void Plot(double value, const Limits& limits, Panel* panel) {
  panel->values.push_back(value);
  panel->limits.push_back(limits);
}

// Level of the means; `centre` and `limits` are those of the dispersion.
Chart SubgroupChart(const Subgroups& subgroups, const Process& process, const Dispersion& dispersion, double centre, const Limits& limits) {
  Chart chart;
  chart.level.centre = process.mean;
  chart.dispersion.centre = centre;
  if (subgroups.empty()) return chart;
  chart.level_sigma = process.sigma / std::sqrt(subgroups.front().size());
  const Limits level{process.mean - 3 * chart.level_sigma, process.mean + 3 * chart.level_sigma};
  for (const auto& subgroup : subgroups) {
    Plot(Mean(subgroup), level, &chart.level);
    Plot(dispersion(subgroup), limits, &chart.dispersion);
  }
  return chart;
}

// Centre line and limits of ranges of `n` values.
double RangeCentre(int n, double sigma) { return ConstantsFor(n).d2 * sigma; }
Limits RangeLimits(int n, double sigma) {
  const Constants c = ConstantsFor(n);
  return {c.D3 * c.d2 * sigma, c.D4 * c.d2 * sigma};
}

}  // namespace

double Mean(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / values.size(); }

double StandardDeviation(const std::vector<double>& values) {
  const double mean = Mean(values);
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (values.size() - 1));
}

std::vector<int> Panel::Beyond() const {
  std::vector<int> places;
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i].has_value() && (*values[i] < limits[i].lower || *values[i] > limits[i].upper)) places.push_back(i);
  }
  return places;
}

absl::StatusOr<Process> EstimateFromIndividuals(const std::vector<double>& values) {
  if (values.size() < 2) {
    return absl::FailedPreconditionError(absl::StrCat(values.size(), " values are too few to estimate a spread: at least 2 are needed"));
  }
  return WithSpread(Mean(values), Mean(MovingRanges(values)) / ConstantsFor(2).d2);
}

absl::StatusOr<Process> EstimateFromRanges(const Subgroups& subgroups) {
  return EstimateFromSubgroups(subgroups, Range, [](int n) { return ConstantsFor(n).d2; });
}

absl::StatusOr<Process> EstimateFromStdDevs(const Subgroups& subgroups) {
  return EstimateFromSubgroups(subgroups, StandardDeviation, [](int n) { return ConstantsFor(n).c4; });
}

Chart IndividualsChart(const std::vector<double>& values, const Process& process) {
  Chart chart;
  chart.level_sigma = process.sigma;
  chart.level.centre = process.mean;
  chart.dispersion.centre = RangeCentre(2, process.sigma);
  const Limits level{process.mean - 3 * process.sigma, process.mean + 3 * process.sigma};
  const Limits range = RangeLimits(2, process.sigma);
  for (size_t i = 0; i < values.size(); ++i) {
    Plot(values[i], level, &chart.level);
    Plot(i > 0 ? std::abs(values[i] - values[i - 1]) : 0, range, &chart.dispersion);
  }
  if (!values.empty()) chart.dispersion.values.front().reset();
  return chart;
}

Chart XbarRChart(const Subgroups& subgroups, const Process& process) {
  const int n = subgroups.empty() ? kMinSubgroup : subgroups.front().size();
  return SubgroupChart(subgroups, process, Range, RangeCentre(n, process.sigma), RangeLimits(n, process.sigma));
}

Chart XbarSChart(const Subgroups& subgroups, const Process& process) {
  const Constants c = ConstantsFor(subgroups.empty() ? kMinSubgroup : subgroups.front().size());
  const double centre = c.c4 * process.sigma;
  return SubgroupChart(subgroups, process, StandardDeviation, centre, {c.B3 * centre, c.B4 * centre});
}

Panel EwmaPanel(const std::vector<double>& values, const Process& process, double lambda, double width) {
  Panel panel;
  panel.centre = process.mean;
  double z = process.mean;
  double remaining = 1;  // (1 - lambda)^(2i)
  for (double value : values) {
    z = lambda * value + (1 - lambda) * z;
    remaining *= (1 - lambda) * (1 - lambda);
    const double reach = width * process.sigma * std::sqrt(lambda / (2 - lambda) * (1 - remaining));
    Plot(z, {process.mean - reach, process.mean + reach}, &panel);
  }
  return panel;
}

CusumChart TabularCusum(const std::vector<double>& values, const Process& process, double k, double h) {
  CusumChart chart;
  double high = 0, low = 0;
  const Limits limits{0, h * process.sigma};
  for (double value : values) {
    high = std::max(0.0, value - (process.mean + k * process.sigma) + high);
    low = std::max(0.0, process.mean - k * process.sigma - value + low);
    Plot(high, limits, &chart.high);
    Plot(low, limits, &chart.low);
  }
  return chart;
}

}  // namespace egi::spc
