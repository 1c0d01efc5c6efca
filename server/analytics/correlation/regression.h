// The least squares line through pairs, with its uncertainty. Pure.
#ifndef EGI_SERVER_ANALYTICS_CORRELATION_REGRESSION_H_
#define EGI_SERVER_ANALYTICS_CORRELATION_REGRESSION_H_

#include <optional>
#include <vector>

#include "server/analytics/correlation/correlation.h"

namespace egi::analytics {

struct Line {
  double slope = 0;
  double intercept = 0;

  double At(double x) const { return intercept + slope * x; }

  // 95 % interval of the mean of y at `x`: Student's t with n - 2 degrees of freedom and the residual deviation (Draper and Smith 1998, section 3.1).
  Interval MeanInterval(double x) const;

  int count = 0;
  double mean_x = 0;
  double squares_x = 0;           // sum of (x - mean_x)^2
  double residual_deviation = 0;  // square root of the sum of squared residuals / (n - 2)
};

// Absent for fewer than 3 pairs or when x does not vary. The series have equal length.
std::optional<Line> FitLine(const std::vector<double>& x, const std::vector<double>& y);

}  // namespace egi::analytics

#endif  // EGI_SERVER_ANALYTICS_CORRELATION_REGRESSION_H_
