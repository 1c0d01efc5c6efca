#include "server/analyse/colour.h"

#include <cmath>

namespace egi::analyse {
namespace {

// The function f of CIE 015:2018, section 8.2.1.
double Lightness(double t) {
  constexpr double kDelta = 6.0 / 29;
  return t > kDelta * kDelta * kDelta ? std::cbrt(t) : t / (3 * kDelta * kDelta) + 4.0 / 29;
}

// The weighted sum over that of white.
double Share(const std::array<double, kVisible>& reflectance, const std::array<double, kVisible>& weights) {
  double sum = 0, white = 0;
  for (int i = 0; i < kVisible; ++i) {
    sum += weights[i] * reflectance[i];
    white += weights[i];
  }
  return sum / white;
}

}  // namespace

Lab LabOf(const std::array<double, kVisible>& reflectance, const ColourWeights& weights) {
  const double x = Lightness(Share(reflectance, weights.x));
  const double y = Lightness(Share(reflectance, weights.y));
  const double z = Lightness(Share(reflectance, weights.z));
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double DeltaE76(const Lab& x, const Lab& y) {
  const double l = x.l - y.l, a = x.a - y.a, b = x.b - y.b;
  return std::sqrt(l * l + a * a + b * b);
}

}  // namespace egi::analyse
