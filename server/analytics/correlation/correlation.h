// Correlation of two series with its uncertainty. Pure.
#ifndef EGI_SERVER_ANALYTICS_CORRELATION_CORRELATION_H_
#define EGI_SERVER_ANALYTICS_CORRELATION_CORRELATION_H_

#include <optional>
#include <vector>

namespace egi::analytics {

struct Interval {
  double lower = 0;
  double upper = 0;
};

struct Correlation {
  double value = 0;    // -1..1
  double p_value = 1;  // two-sided, against no correlation; Student's t with n - 2 degrees of freedom
  std::optional<Interval> interval_95;  // by Fisher's z; absent for fewer than 4 pairs
};

// Linear correlation of pairs (x[i], y[i]). Absent for fewer than 3 pairs or when one series does not vary. The series have equal length.
std::optional<Correlation> Pearson(const std::vector<double>& x, const std::vector<double>& y);

// The same of the ranks, equal values sharing their mean rank. The variance of z is 1.06 / (n - 3) (Fieller, Hartley and Pearson 1957).
std::optional<Correlation> Spearman(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace egi::analytics

#endif  // EGI_SERVER_ANALYTICS_CORRELATION_CORRELATION_H_
