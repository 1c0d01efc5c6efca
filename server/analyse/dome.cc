#include "server/analyse/dome.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "server/analyse/least_squares.h"

namespace egi::analyse {
namespace {

constexpr int kParameters = 6;
using Parameters = std::array<double, kParameters>;

Parameters ToParameters(const Dome& d) { return {d.x, d.y, d.a, d.b, d.height, d.angle}; }

Dome FromParameters(const Parameters& p) {
  Dome dome{p[0], p[1], std::clamp(p[2], 10.0, 400.0), std::clamp(p[3], 10.0, 400.0), std::clamp(p[4], 1.0, 400.0), p[5]};
  return dome;
}

// Start of the fit: a half ellipsoid with the volume, centroid and second moments of the map. For half an ellipsoid the
// variance of x' under its volume is a^2 / 5.
Dome FromMoments(const ZoneMap& heights, const ZoneGrid& grid) {
  double sum = 0, sx = 0, sy = 0;
  for (int i = 0; i < kZones; ++i) {
    const double h = std::max(0.0, heights[i]);
    sum += h;
    sx += h * grid.CentreX(i);
    sy += h * grid.CentreY(i);
  }
  Dome dome;
  if (sum <= 0) return Dome{0, 0, 10, 10, 1, 0};
  dome.x = sx / sum;
  dome.y = sy / sum;
  double xx = 0, yy = 0, xy = 0;
  for (int i = 0; i < kZones; ++i) {
    const double h = std::max(0.0, heights[i]);
    const double dx = grid.CentreX(i) - dome.x, dy = grid.CentreY(i) - dome.y;
    xx += h * dx * dx;
    yy += h * dy * dy;
    xy += h * dx * dy;
  }
  xx /= sum;
  yy /= sum;
  xy /= sum;
  const double mean = (xx + yy) / 2, spread = std::hypot((xx - yy) / 2, xy);
  dome.angle = 0.5 * std::atan2(2 * xy, xx - yy);
  dome.a = std::clamp(std::sqrt(5 * (mean + spread)), 15.0, 300.0);
  dome.b = std::clamp(std::sqrt(5 * std::max(mean - spread, 1.0)), 15.0, 300.0);
  dome.height = std::max(1.0, 1.5 * sum * grid.AreaMm2() / (std::numbers::pi * dome.a * dome.b));
  return dome;
}

// Tukey's biweight for residuals in units of their spread.
double TukeyWeight(double residual, double scale) {
  const double u = residual / (4.685 * scale);
  if (std::abs(u) >= 1) return 0;
  const double v = 1 - u * u;
  return v * v;
}

// Robust spread: 1.4826 times the median of the absolute residuals over the product, at least 0.5 mm.
double Spread(const ZoneMap& heights, const ZoneMap& model) {
  std::vector<double> residuals;
  residuals.reserve(kZones);
  for (int i = 0; i < kZones; ++i) {
    if (heights[i] > 0 || model[i] > 0) residuals.push_back(std::abs(heights[i] - model[i]));
  }
  if (residuals.empty()) return 0.5;
  const auto middle = residuals.begin() + static_cast<std::ptrdiff_t>(residuals.size() / 2);
  std::nth_element(residuals.begin(), middle, residuals.end());
  return std::max(0.5, 1.4826 * *middle);
}

double Cost(const ZoneMap& heights, const ZoneMap& model, double scale) {
  double cost = 0;
  for (int i = 0; i < kZones; ++i) {
    const double u = std::min(1.0, std::abs(heights[i] - model[i]) / (4.685 * scale));
    const double v = 1 - u * u;
    cost += 1 - v * v * v;
  }
  return cost;
}

}  // namespace

double Dome::HeightAt(double px, double py) const {
  const double dx = px - x, dy = py - y;
  const double c = std::cos(angle), s = std::sin(angle);
  const double u = (dx * c + dy * s) / a, v = (-dx * s + dy * c) / b;
  const double inside = 1 - u * u - v * v;
  return inside > 0 ? height * std::sqrt(inside) : 0;
}

double Dome::VolumeMm3() const { return 2.0 / 3.0 * std::numbers::pi * a * b * height; }

ZoneMap Rasterise(const Dome& dome, const ZoneGrid& grid) {
  const double c = std::cos(dome.angle), s = std::sin(dome.angle);
  // Half of a zone's diagonal in units of the narrow axis tells zones that lie wholly inside or outside.
  const double reach = std::hypot(grid.zone_x_mm, grid.zone_y_mm) / 2 / std::min(dome.a, dome.b);
  ZoneMap map{};
  for (int i = 0; i < kZones; ++i) {
    const double zx = grid.CentreX(i) - dome.x, zy = grid.CentreY(i) - dome.y;
    const double radius = std::hypot((zx * c + zy * s) / dome.a, (-zx * s + zy * c) / dome.b);
    if (radius > 1 + reach) continue;
    const int steps = radius + reach < 0.9 ? 4 : 8;  // the rim is steep: look closer
    double sum = 0;
    for (int iy = 0; iy < steps; ++iy) {
      const double dy = zy + ((iy + 0.5) / steps - 0.5) * grid.zone_y_mm;
      for (int ix = 0; ix < steps; ++ix) {
        const double dx = zx + ((ix + 0.5) / steps - 0.5) * grid.zone_x_mm;
        const double u = (dx * c + dy * s) / dome.a, v = (-dx * s + dy * c) / dome.b;
        const double inside = 1 - u * u - v * v;
        if (inside > 0) sum += std::sqrt(inside);
      }
    }
    map[i] = dome.height * sum / (steps * steps);
  }
  return map;
}

Dome FitDome(const ZoneMap& heights, const ZoneGrid& grid) {
  constexpr Parameters kStep = {0.5, 0.5, 0.5, 0.5, 0.25, 0.01};  // mm and radians
  constexpr int kMaxRounds = 25;
  Parameters p = ToParameters(FromMoments(heights, grid));
  const auto occupied = std::count_if(heights.begin(), heights.end(), [](double h) { return h > 0; });
  if (occupied < 7) return FromParameters(p);
  ZoneMap model = Rasterise(FromParameters(p), grid);
  double damping = 1e-3;
  for (int round = 0; round < kMaxRounds; ++round) {
    const double scale = Spread(heights, model);
    std::array<ZoneMap, kParameters> slopes;
    for (int k = 0; k < kParameters; ++k) {
      Parameters moved = p;
      moved[k] += kStep[k];
      slopes[k] = Rasterise(FromParameters(moved), grid);
    }
    NormalEquations<kParameters> equations;
    for (int i = 0; i < kZones; ++i) {
      Parameters row;
      for (int k = 0; k < kParameters; ++k) row[k] = (slopes[k][i] - model[i]) / kStep[k];
      equations.Add(row, heights[i] - model[i], TukeyWeight(heights[i] - model[i], scale));
    }
    Parameters change;
    if (!equations.Solve(damping, &change)) break;
    Parameters next = p;
    for (int k = 0; k < kParameters; ++k) next[k] += change[k];
    const ZoneMap moved_model = Rasterise(FromParameters(next), grid);
    const double before = Cost(heights, model, scale), after = Cost(heights, moved_model, scale);
    if (after > before) {
      damping *= 10;
      if (damping > 1e3) break;
      continue;
    }
    p = ToParameters(FromParameters(next));
    model = moved_model;
    damping = std::max(damping / 5, 1e-6);
    if (before - after < 1e-7) break;
  }
  return FromParameters(p);
}

}  // namespace egi::analyse
