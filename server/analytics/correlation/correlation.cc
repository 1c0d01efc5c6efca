#include "server/analytics/correlation/correlation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "boost/math/distributions/normal.hpp"
#include "boost/math/distributions/students_t.hpp"

namespace egi::analytics {
namespace {

double Mean(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / values.size(); }

std::optional<double> Coefficient(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() < 3) return std::nullopt;
  const double mean_x = Mean(x), mean_y = Mean(y);
  double xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (xx == 0 || yy == 0) return std::nullopt;
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

double PValue(double r, double n) {
  if (std::abs(r) >= 1) return 0;
  const double t = std::abs(r) * std::sqrt((n - 2) / (1 - r * r));
  return 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(n - 2), t));
}

// `scale` is the variance of z times n - 3.
std::optional<Interval> FisherInterval(double r, double n, double scale) {
  if (n < 4) return std::nullopt;
  if (std::abs(r) >= 1) return Interval{r, r};
  const double half = boost::math::quantile(boost::math::normal(), 0.975) * std::sqrt(scale / (n - 3));
  return Interval{std::tanh(std::atanh(r) - half), std::tanh(std::atanh(r) + half)};
}

std::optional<Correlation> WithUncertainty(std::optional<double> r, double n, double scale) {
  if (!r.has_value()) return std::nullopt;
  return Correlation{*r, PValue(*r, n), FisherInterval(*r, n, scale)};
}

std::vector<double> Ranks(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && values[order[last]] == values[order[first]]) ++last;
    for (size_t i = first; i < last; ++i) ranks[order[i]] = (first + last + 1) / 2.0;
  }
  return ranks;
}

constexpr size_t kExact = 8;  // pairs: 40 320 orders

// Share of all orders of the ranks whose coefficient is as far from 0: for few pairs the t distribution promises too much.
double ExactPValue(const std::vector<double>& x, std::vector<double> y, double rho) {
  std::sort(y.begin(), y.end());
  std::vector<size_t> order(y.size());
  std::iota(order.begin(), order.end(), 0);
  int all = 0, as_far = 0;
  std::vector<double> other(y.size());
  do {
    for (size_t i = 0; i < order.size(); ++i) other[i] = y[order[i]];
    ++all;
    as_far += std::abs(Coefficient(x, other).value_or(0)) >= std::abs(rho) - 1e-12 ? 1 : 0;
  } while (std::next_permutation(order.begin(), order.end()));
  return static_cast<double>(as_far) / all;
}

}  // namespace

std::optional<Correlation> Pearson(const std::vector<double>& x, const std::vector<double>& y) {
  return WithUncertainty(Coefficient(x, y), x.size(), 1);
}

std::optional<Correlation> Spearman(const std::vector<double>& x, const std::vector<double>& y) {
  const std::vector<double> of_x = Ranks(x), of_y = Ranks(y);
  auto rho = WithUncertainty(Coefficient(of_x, of_y), x.size(), 1.06);
  if (rho.has_value() && x.size() <= kExact) rho->p_value = ExactPValue(of_x, of_y, rho->value);
  return rho;
}

}  // namespace egi::analytics
