#include "server/analytics/spc/constants.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace egi::spc {
namespace {

constexpr int kSizes = kMaxSubgroup - kMinSubgroup + 1;

// For n = 2, 3, ... 25; as printed.
constexpr std::array<double, kSizes> kD2 = {1.128, 1.693, 2.059, 2.326, 2.534, 2.704, 2.847, 2.970, 3.078, 3.173, 3.258, 3.336,
                                            3.407, 3.472, 3.532, 3.588, 3.640, 3.689, 3.735, 3.778, 3.819, 3.858, 3.895, 3.931};

// By numerical integration of the joint distribution of the smallest and the greatest of n normal values.
constexpr std::array<double, kSizes> kD3 = {0.852502, 0.888368, 0.879808, 0.864082, 0.848040, 0.833205, 0.819831, 0.807834,
                                            0.797051, 0.787315, 0.778478, 0.770416, 0.763023, 0.756211, 0.749908, 0.744052,
                                            0.738591, 0.733481, 0.728686, 0.724173, 0.719915, 0.715887, 0.712068, 0.708441};

}  // namespace

Constants ConstantsFor(int n) {
  if (n < kMinSubgroup || n > kMaxSubgroup) {
    std::fprintf(stderr, "no chart constants for subgroups of %d\n", n);
    std::abort();
  }
  Constants c;
  c.d2 = kD2[n - kMinSubgroup];
  c.d3 = kD3[n - kMinSubgroup];
  c.c4 = std::sqrt(2.0 / (n - 1)) * std::tgamma(n / 2.0) / std::tgamma((n - 1) / 2.0);
  c.A2 = 3 / (c.d2 * std::sqrt(n));
  c.A3 = 3 / (c.c4 * std::sqrt(n));
  const double s = 3 * std::sqrt(1 - c.c4 * c.c4) / c.c4;
  c.B3 = std::max(0.0, 1 - s);
  c.B4 = 1 + s;
  const double r = 3 * c.d3 / c.d2;
  c.D3 = std::max(0.0, 1 - r);
  c.D4 = 1 + r;
  return c;
}

}  // namespace egi::spc
