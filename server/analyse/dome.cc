#include "server/analyse/dome.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace egi::analyse {

double Dome::RadiusAt(double px, double py) const {
  const double dx = px - x, dy = py - y;
  const double c = std::cos(angle), s = std::sin(angle);
  return std::hypot((dx * c + dy * s) / a, (-dx * s + dy * c) / b);
}

double Dome::HeightAt(double px, double py) const {
  const double radius = RadiusAt(px, py);
  return radius < 1 ? height * std::sqrt(1 - radius * radius) : 0;
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

}  // namespace egi::analyse
