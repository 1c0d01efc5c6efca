#include "server/analytics/correlation/regression.h"

#include <cmath>
#include <cstddef>
#include <numeric>

#include "boost/math/distributions/students_t.hpp"

namespace egi::analytics {

Interval Line::MeanInterval(double x) const {
  const double t = boost::math::quantile(boost::math::students_t(count - 2), 0.975);
  const double half = t * residual_deviation * std::sqrt(1.0 / count + (x - mean_x) * (x - mean_x) / squares_x);
  return {At(x) - half, At(x) + half};
}

std::optional<Line> FitLine(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() < 3) return std::nullopt;
  Line line;
  line.count = static_cast<int>(x.size());
  line.mean_x = std::accumulate(x.begin(), x.end(), 0.0) / line.count;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / line.count;
  double products = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    line.squares_x += (x[i] - line.mean_x) * (x[i] - line.mean_x);
    products += (x[i] - line.mean_x) * (y[i] - mean_y);
  }
  if (line.squares_x == 0) return std::nullopt;
  line.slope = products / line.squares_x;
  line.intercept = mean_y - line.slope * line.mean_x;
  double residuals = 0;
  for (size_t i = 0; i < x.size(); ++i) residuals += (y[i] - line.At(x[i])) * (y[i] - line.At(x[i]));
  line.residual_deviation = std::sqrt(residuals / (line.count - 2));
  return line;
}

}  // namespace egi::analytics
