#include "server/analytics/spc/capability.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "boost/math/distributions/chi_squared.hpp"
#include "boost/math/distributions/normal.hpp"
#include "server/analytics/spc/charts.h"

namespace egi::spc {
namespace {

// (USL - LSL) / 6 sigma, its interval from the chi-square distribution of the variance.
Index Potential(double width, const Spread& spread, double confidence) {
  const boost::math::chi_squared distribution(spread.degrees);
  const double value = width / (6 * spread.sigma);
  const double tail = (1 - confidence) / 2;
  return {value, value * std::sqrt(boost::math::quantile(distribution, tail) / spread.degrees),
          value * std::sqrt(boost::math::quantile(boost::math::complement(distribution, tail)) / spread.degrees)};
}

// Distance of the mean to the nearer limit over 3 sigma, its interval after Bissell.
Index Performance(double mean, int n, const Spread& spread, const Specification& limits, double confidence) {
  double distance = limits.usl.has_value() ? *limits.usl - mean : mean - *limits.lsl;
  if (limits.lsl.has_value()) distance = std::min(distance, mean - *limits.lsl);
  const double value = distance / (3 * spread.sigma);
  const double z = boost::math::quantile(boost::math::normal(), 1 - (1 - confidence) / 2);
  const double reach = z * std::sqrt(1 / (9.0 * n) + value * value / (2 * spread.degrees));
  return {value, value - reach, value + reach};
}

// Table 4.9 of D'Agostino and Stephens.
double NormalityP(double a) {
  if (a >= 0.6) return std::exp(1.2937 - 5.709 * a + 0.0186 * a * a);
  if (a > 0.34) return std::exp(0.9177 - 4.279 * a - 1.38 * a * a);
  if (a > 0.2) return 1 - std::exp(-8.318 + 42.796 * a - 59.938 * a * a);
  return 1 - std::exp(-13.436 + 101.14 * a - 223.73 * a * a);
}

}  // namespace

Spread SpreadFromMovingRange(const std::vector<double>& values) {
  const auto process = EstimateFromIndividuals(values);
  return {process.ok() ? process->sigma : 0, 0.62 * (values.size() - 1.0)};
}

absl::StatusOr<Capability> ComputeCapability(const std::vector<double>& values, const Spread& within, const Specification& specification,
                                             double confidence) {
  const int n = values.size();
  if (n < kMinForCapability) {
    return absl::FailedPreconditionError(absl::StrCat("capability needs at least ", kMinForCapability, " samples, there are ", n));
  }
  if (!specification.lsl.has_value() && !specification.usl.has_value()) {
    return absl::FailedPreconditionError("capability needs a specification limit: give lsl, usl or both");
  }
  Capability result;
  const Spread overall{StandardDeviation(values), n - 1.0};
  if (!(within.sigma > 0) || !(overall.sigma > 0)) {
    return absl::FailedPreconditionError("capability needs spread: all samples are equal, or no subgroup is complete");
  }
  result.mean = Mean(values);
  result.sigma_within = within.sigma;
  result.sigma_overall = overall.sigma;
  result.cpk = Performance(result.mean, n, within, specification, confidence);
  result.ppk = Performance(result.mean, n, overall, specification, confidence);
  if (specification.lsl.has_value() && specification.usl.has_value()) {
    const double width = *specification.usl - *specification.lsl;
    result.cp = Potential(width, within, confidence);
    result.pp = Potential(width, overall, confidence);
    if (specification.target.has_value()) result.cpm = width / (6 * std::hypot(overall.sigma, result.mean - *specification.target));
  }
  for (double value : values) {
    result.below_lsl += specification.lsl.has_value() && value < *specification.lsl;
    result.above_usl += specification.usl.has_value() && value > *specification.usl;
  }
  return result;
}

const char* CapabilityVerdict(double cpk) { return cpk >= 1.33 ? "capable" : cpk >= 1.0 ? "acceptable" : "incapable"; }

absl::StatusOr<Normality> AndersonDarling(std::vector<double> values) {
  const int n = values.size();
  if (n < 8) return absl::FailedPreconditionError(absl::StrCat("the test of normality needs at least 8 samples, there are ", n));
  const double sigma = StandardDeviation(values);
  if (!(sigma > 0)) return absl::FailedPreconditionError("the test of normality needs spread, all samples are equal");
  const double mean = Mean(values);
  std::sort(values.begin(), values.end());
  const double root = std::sqrt(2.0);
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    // Tails by erfc: far outliers keep a finite logarithm.
    const double below = std::erfc(-(values[i] - mean) / sigma / root) / 2;
    const double above = std::erfc((values[n - 1 - i] - mean) / sigma / root) / 2;
    sum += (2 * i + 1) * (std::log(std::max(below, 1e-300)) + std::log(std::max(above, 1e-300)));
  }
  const double corrected = (-n - sum / n) * (1 + 0.75 / n + 2.25 / (1.0 * n * n));
  return Normality{corrected, corrected > 13 ? 0 : NormalityP(corrected)};
}

}  // namespace egi::spc
