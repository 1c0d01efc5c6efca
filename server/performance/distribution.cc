#include "server/performance/distribution.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace egi::performance {
namespace {

// Number of the bar that holds `value`; a value that is a multiple of `width` but for rounding begins its bar.
double BarOf(double value, double width) { return std::floor(value / width + 1e-9); }

}  // namespace

std::vector<Bar> Histogram(const std::vector<double>& values, double width) {
  std::vector<Bar> bars;
  if (values.empty()) return bars;
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  while (BarOf(*greatest, width) - BarOf(*least, width) >= kMaxBars) width *= 2;
  const double first = BarOf(*least, width);
  const auto count = static_cast<size_t>(BarOf(*greatest, width) - first) + 1;
  for (size_t i = 0; i < count; ++i) {
    const double number = first + static_cast<double>(i);
    bars.push_back({number * width, (number + 1) * width, 0});
  }
  for (const double value : values) ++bars[static_cast<size_t>(BarOf(value, width) - first)].count;
  return bars;
}

}  // namespace egi::performance
