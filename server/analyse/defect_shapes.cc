#include "server/analyse/defect_shapes.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace egi::analyse {
namespace {

constexpr int kReach = 3;                    // zones on each side of the centre
constexpr int kWidth = 2 * kReach + 2;       // and one more for the offset
constexpr int kSamples = 6;                  // points per side of a zone
using Stamp = std::array<float, kWidth * kWidth>;

// Mean of a raised cosine over the zones around its centre.
Stamp MakeStamp(float radius, int offset_u, int offset_v) {
  Stamp stamp{};
  const double du = static_cast<double>(offset_u) / kBumpOffsets, dv = static_cast<double>(offset_v) / kBumpOffsets;
  for (int cell = 0; cell < kWidth * kWidth; ++cell) {
    double sum = 0;
    for (int k = 0; k < kSamples * kSamples; ++k) {
      const double u = cell % kWidth - kReach - du + (k % kSamples + 0.5) / kSamples - 0.5;
      const double v = cell / kWidth - kReach - dv + (k / kSamples + 0.5) / kSamples - 0.5;
      const double r = std::hypot(u, v) / radius;
      if (r < 1) sum += 0.5 * (1 + std::cos(std::numbers::pi * r));
    }
    stamp[cell] = static_cast<float>(sum / (kSamples * kSamples));
  }
  return stamp;
}

Footprint Place(const Stamp& stamp, int zone) {
  Footprint map{};
  const int row = zone / kSide, column = zone % kSide;
  for (int r = std::max(0, row - kReach); r < std::min(kSide, row + kReach + 2); ++r) {
    for (int c = std::max(0, column - kReach); c < std::min(kSide, column + kReach + 2); ++c) {
      map[r * kSide + c] = stamp[(r - row + kReach) * kWidth + c - column + kReach];
    }
  }
  return map;
}

std::vector<BumpsOfZone> AllBumps() {
  std::vector<BumpsOfZone> all(kZones);
  for (int k = 0; k < kBumpsOfZone; ++k) {
    const Stamp stamp = MakeStamp(kBumpRadius[k / (kBumpOffsets * kBumpOffsets)], k % kBumpOffsets, k / kBumpOffsets % kBumpOffsets);
    for (int zone = 0; zone < kZones; ++zone) {
      Bump& bump = all[zone][k];
      bump.map = Place(stamp, zone);
      for (int i = 0; i < kZones; ++i) bump.squared[i] = bump.map[i] * bump.map[i];
    }
  }
  return all;
}

}  // namespace

const BumpsOfZone& BumpsAt(int zone) {
  static const std::vector<BumpsOfZone>& all = *new std::vector<BumpsOfZone>(AllBumps());
  return all[zone];
}

std::array<Footprint, kBites> BitesOf(const Quadratic& c, const Dome& dome, ZoneMask zones, const ZoneGrid& grid) {
  constexpr int kSide4 = 4, kQuarter = kBites / 4;
  constexpr double kDepth = 13;   // mm: the middle of what edges lose (simulators.md section 3.2)
  constexpr double kInner = 0.6;  // of the radius
  std::array<Footprint, kBites> sector{};
  const double top = dome.height * dome.height;
  ForEachZone(zones, [&](int zone) {
    for (int k = 0; k < kSide4 * kSide4; ++k) {
      const double u = zone % kSide - 3.5 + (k % kSide4 + 0.5) / kSide4 - 0.5, v = zone / kSide - 3.5 + (k / kSide4 + 0.5) / kSide4 - 0.5;
      const double q = c[0] + u * (c[1] + c[3] * u + c[4] * v) + v * (c[2] + c[5] * v);
      if (q <= 0 || q > (1 - kInner * kInner) * top) continue;
      const double turn = std::atan2(v * grid.zone_y_mm - dome.y, u * grid.zone_x_mm - dome.x) / (2 * std::numbers::pi) + 0.5;
      const int index = std::min(kBites - 1, static_cast<int>(turn * kBites));
      sector[index][zone] += static_cast<float>(std::min(std::sqrt(q), kDepth) / kDepth / (kSide4 * kSide4));
    }
  });
  std::array<Footprint, kBites> bites{};
  for (int k = 0; k < kBites; ++k) {
    for (int j = 0; j < kQuarter; ++j) {
      for (int i = 0; i < kZones; ++i) bites[k][i] += sector[(k + j) % kBites][i];
    }
  }
  return bites;
}

}  // namespace egi::analyse
