// How a figure is spread over lots. Pure.
#ifndef EGI_SERVER_PERFORMANCE_DISTRIBUTION_H_
#define EGI_SERVER_PERFORMANCE_DISTRIBUTION_H_

#include <vector>

namespace egi::performance {

// Values >= low and < high.
struct Bar {
  double low = 0;
  double high = 0;
  int count = 0;
};

// More bars than this cannot be told apart on a page.
inline constexpr int kMaxBars = 40;

// Bars whose ends are whole multiples of `width` > 0, from the bar of the smallest value to that of the greatest, without gaps. Far outliers double the width
// until there are at most kMaxBars. Empty without values.
std::vector<Bar> Histogram(const std::vector<double>& values, double width);

}  // namespace egi::performance

#endif  // EGI_SERVER_PERFORMANCE_DISTRIBUTION_H_
