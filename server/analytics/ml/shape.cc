#include "server/analytics/ml/shape.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace egi::analytics::ml {
namespace {

using analyse::kSide;
using analyse::kZones;
using analyse::ZoneMap;

constexpr int kTerms = 6;
using Terms = std::array<double, kTerms>;

// 1, u, v, u^2, uv, v^2 in zones from the middle of the grid.
Terms TermsOf(int zone) {
  const double u = zone % kSide - (kSide - 1) / 2.0, v = zone / kSide - (kSide - 1) / 2.0;
  return {1, u, v, u * u, u * v, v * v};
}

// Solves the normal equations by elimination with pivots; false when they are singular.
bool Solve(std::array<std::array<double, kTerms + 1>, kTerms> rows, Terms* solution) {
  for (int k = 0; k < kTerms; ++k) {
    int pivot = k;
    for (int i = k + 1; i < kTerms; ++i) {
      if (std::abs(rows[i][k]) > std::abs(rows[pivot][k])) pivot = i;
    }
    if (std::abs(rows[pivot][k]) < 1e-9) return false;
    std::swap(rows[k], rows[pivot]);
    for (int i = k + 1; i < kTerms; ++i) {
      const double factor = rows[i][k] / rows[k][k];
      for (int j = k; j <= kTerms; ++j) rows[i][j] -= factor * rows[k][j];
    }
  }
  for (int k = kTerms - 1; k >= 0; --k) {
    double value = rows[k][kTerms];
    for (int j = k + 1; j < kTerms; ++j) value -= rows[k][j] * (*solution)[j];
    (*solution)[k] = value / rows[k][k];
  }
  return true;
}

double HeightAt(const Terms& quadratic, int zone) {
  const Terms terms = TermsOf(zone);
  double square = 0;
  for (int k = 0; k < kTerms; ++k) square += quadratic[k] * terms[k];
  return square > 0 ? std::sqrt(square) : 0;
}

// Tukey's weights for the residuals of some zones.
std::vector<double> WeightsOf(const std::vector<int>& zones, const ZoneMap& heights, const Terms& quadratic) {
  std::vector<double> residuals;
  for (const int zone : zones) residuals.push_back(std::abs(heights[zone] - HeightAt(quadratic, zone)));
  std::vector<double> sorted = residuals;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const double scale = 4.685 * std::max(0.7, 1.4826 * *middle);
  for (double& value : residuals) value = value >= scale ? 0 : std::pow(1 - (value / scale) * (value / scale), 2);
  return residuals;
}

// Half axes and top of the quadratic; false when it has none.
bool Describe(const Terms& q, const analyse::ZoneGrid& grid, Shape* shape) {
  // In mm: z^2 = q0 + b.x - x'Ax with A positive.
  const double xx = -q[3] / (grid.zone_x_mm * grid.zone_x_mm), xy = -q[4] / 2 / (grid.zone_x_mm * grid.zone_y_mm),
               yy = -q[5] / (grid.zone_y_mm * grid.zone_y_mm);
  const double bx = q[1] / grid.zone_x_mm, by = q[2] / grid.zone_y_mm;
  const double determinant = xx * yy - xy * xy;
  if (xx <= 0 || determinant <= 1e-12) return false;
  // The top lies at A^-1 b / 2 and is q0 + b' A^-1 b / 4 high, squared.
  const double top = q[0] + (yy * bx * bx - 2 * xy * bx * by + xx * by * by) / determinant / 4;
  if (top <= 0) return false;
  const double mean = (xx + yy) / 2, spread = std::hypot((xx - yy) / 2, xy);
  shape->top_mm = std::sqrt(top);
  shape->long_mm = std::sqrt(top / std::max(1e-9, mean - spread));
  shape->short_mm = std::sqrt(top / (mean + spread));
  return true;
}

}  // namespace

Shape FitShape(const ZoneMap& heights, const std::array<bool, kZones>& product, const analyse::ZoneGrid& grid) {
  constexpr int kRounds = 3;
  const double highest = *std::max_element(heights.begin(), heights.end());
  std::vector<int> zones;
  Shape shape;
  for (int zone = 0; zone < kZones; ++zone) {
    if (product[zone]) shape.height[zone] = heights[zone];
    if (product[zone] && heights[zone] > highest / 3) zones.push_back(zone);
  }
  if (zones.size() < 8) return shape;
  std::vector<double> weights(zones.size(), 1);
  Terms quadratic{};
  for (int round = 0; round < kRounds; ++round) {
    std::array<std::array<double, kTerms + 1>, kTerms> rows{};
    for (size_t i = 0; i < zones.size(); ++i) {
      const Terms terms = TermsOf(zones[i]);
      const double height = heights[zones[i]];
      const double weight = weights[i] / (height * height);  // an error of z is one of 2 z dz in its square
      for (int a = 0; a < kTerms; ++a) {
        for (int b = 0; b < kTerms; ++b) rows[a][b] += weight * terms[a] * terms[b];
        rows[a][kTerms] += weight * terms[a] * height * height;
      }
    }
    if (!Solve(rows, &quadratic)) return shape;
    weights = WeightsOf(zones, heights, quadratic);
  }
  Shape fitted;
  if (!Describe(quadratic, grid, &fitted)) return shape;
  for (int zone = 0; zone < kZones; ++zone) fitted.height[zone] = HeightAt(quadratic, zone);
  return fitted;
}

}  // namespace egi::analytics::ml
