// How well a process fits between its specification limits. Pure functions.
#ifndef EGI_SERVER_ANALYTICS_SPC_CAPABILITY_H_
#define EGI_SERVER_ANALYTICS_SPC_CAPABILITY_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"

namespace egi::spc {

inline constexpr int kMinForCapability = 10;  // domain.md section 14

// Specification limits; at least one. `target` absent: no Cpm.
struct Specification {
  std::optional<double> lsl;
  std::optional<double> usl;
  std::optional<double> target;
};

// A standard deviation and the degrees of freedom it was estimated with.
struct Spread {
  double sigma = 0;
  double degrees = 0;
};

// An index with its confidence interval.
struct Index {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct Capability {
  double mean = 0;
  double sigma_within = 0;
  double sigma_overall = 0;  // n - 1
  std::optional<Index> cp;   // both limits
  Index cpk;
  std::optional<Index> pp;  // both limits
  Index ppk;
  std::optional<double> cpm;  // both limits and a target
  int below_lsl = 0;
  int above_usl = 0;
};

// Sigma between neighbours, mean moving range / 1.128; its degrees of freedom are 0.62 (n - 1), the efficiency of the moving range relative
// to the standard deviation. 2 values or more.
Spread SpreadFromMovingRange(const std::vector<double>& values);

// Cp = (USL - LSL) / 6 sigma, Cpk = min(USL - mean, mean - LSL) / 3 sigma with the sigma `within`; Pp and Ppk likewise with the standard
// deviation of all values; Cpm = (USL - LSL) / 6 sqrt(s^2 + (mean - target)^2). Intervals: chi-square for Cp and Pp, Bissell (How reliable
// is your capability index?, Applied Statistics 39, 1990) for Cpk and Ppk. Errors: FAILED_PRECONDITION with the reason (fewer than 10
// values, no spread, no limit). 0 < confidence < 1.
absl::StatusOr<Capability> ComputeCapability(const std::vector<double>& values, const Spread& within, const Specification& specification,
                                             double confidence);

// `capable` (cpk >= 1.33), `acceptable` (>= 1.0) or `incapable` (domain.md section 14).
const char* CapabilityVerdict(double cpk);

// Test of Anderson and Darling against the normal distribution with the mean and standard deviation of the values.
struct Normality {
  double statistic = 0;  // A*^2, corrected for the number of values
  double p = 0;          // probability of so great a statistic under normality
};

// D'Agostino and Stephens, Goodness-of-Fit Techniques, 1986, section 4.8. Errors: FAILED_PRECONDITION (fewer than 8 values, no spread).
absl::StatusOr<Normality> AndersonDarling(std::vector<double> values);

}  // namespace egi::spc

#endif  // EGI_SERVER_ANALYTICS_SPC_CAPABILITY_H_
