#include "server/analyse/defect_shapes.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace egi::analyse {
namespace {

constexpr int kBefore = 1;    // zones that a bump reaches to the left of and above its own
constexpr int kWindow = 4;    // and in all: the offset adds one on the other side
constexpr int kSamples = 6;   // points per side of a zone

// The discs of a zone side by side, zone by zone of the window around it.
struct Stamps {
  std::array<DiscFigures, kWindow * kWindow> value, squared;
};

// Mean of a disc over a zone that lies `du` and `dv` zones from its centre.
float StampAt(DiscKind kind, double radius, double du, double dv) {
  double sum = 0;
  for (int k = 0; k < kSamples * kSamples; ++k) {
    const double u = du + (k % kSamples + 0.5) / kSamples - 0.5, v = dv + (k / kSamples + 0.5) / kSamples - 0.5;
    const double r = std::hypot(u, v) / radius;
    if (r < 1) sum += kind == DiscKind::kPatch ? 1 : 0.5 * (1 + std::cos(std::numbers::pi * r));
  }
  return static_cast<float>(sum / (kSamples * kSamples));
}

Stamps MakeStamps(DiscKind kind) {
  Stamps stamps;
  for (int cell = 0; cell < kWindow * kWindow; ++cell) {
    for (int disc = 0; disc < kDiscsOfZone; ++disc) {
      const double right = static_cast<double>(disc % kDiscOffsets) / kDiscOffsets;
      const double down = static_cast<double>(disc / kDiscOffsets % kDiscOffsets) / kDiscOffsets;
      const float value = StampAt(kind, kDiscRadius[disc / (kDiscOffsets * kDiscOffsets)], cell % kWindow - kBefore - right,
                                  cell / kWindow - kBefore - down);
      stamps.value[cell][disc / kLanes][disc % kLanes] = value;
      stamps.squared[cell][disc / kLanes][disc % kLanes] = value * value;
    }
  }
  return stamps;
}

const Stamps& StampsOf(DiscKind kind) {
  static const std::array<Stamps, 2> stamps = {MakeStamps(DiscKind::kBump), MakeStamps(DiscKind::kPatch)};
  return stamps[static_cast<size_t>(kind)];
}

// Calls `use(zone, cell)` for the zones of the window around a zone.
template <typename Use>
void ForEachCell(int zone, Use use) {
  const int row = zone / kSide - kBefore, column = zone % kSide - kBefore;
  const int last_row = std::min(kWindow, kSide - row), last_column = std::min(kWindow, kSide - column);
  for (int r = std::max(0, -row); r < last_row; ++r) {
    for (int c = std::max(0, -column); c < last_column; ++c) use((row + r) * kSide + column + c, r * kWindow + c);
  }
}

DiscFigures Times(const std::array<DiscFigures, kWindow * kWindow>& stamps, int zone, const Footprint& map) {
  DiscFigures sums{};
  ForEachCell(zone, [&](int i, int cell) {
    for (int k = 0; k < kDiscLanes; ++k) sums[k] += stamps[cell][k] * map[i];
  });
  return sums;
}

// The sector (of kDirections) that a direction lies in, counted from the negative x axis.
int SectorOf(float x, float y) {
  constexpr float kTan1 = 0.19891237f, kTan2 = 0.41421356f, kTan3 = 0.66817864f;  // of 11.25, 22.5 and 33.75 degrees
  const float ax = std::abs(x), ay = std::abs(y), low = std::min(ax, ay), high = std::max(ax, ay);
  const int step = (low > kTan1 * high) + (low > kTan2 * high) + (low > kTan3 * high);
  const int eighth = ay < ax ? step : kDirections / 4 - 1 - step;         // from the x axis
  const int half = x < 0 ? eighth : kDirections / 2 - 1 - eighth;         // from the negative x axis, through y < 0
  return y < 0 ? half : kDirections - 1 - half;
}

}  // namespace

DiscFigures TimesDiscs(DiscKind kind, int zone, const Footprint& map) { return Times(StampsOf(kind).value, zone, map); }

DiscFigures TimesSquaredDiscs(DiscKind kind, int zone, const Footprint& map) { return Times(StampsOf(kind).squared, zone, map); }

Footprint DiscOf(DiscKind kind, int zone, int disc, const std::array<float, kZones>& cover) {
  const Stamps& stamps = StampsOf(kind);
  Footprint map{};
  ForEachCell(zone, [&](int i, int cell) { map[i] = stamps.value[cell][disc / kLanes][disc % kLanes] * cover[i]; });
  return map;
}

std::array<Footprint, kBites> BitesOf(const Quadratic& c, const Dome& dome, ZoneMask zones, const ZoneGrid& grid) {
  constexpr int kPoints = 4, kQuarter = kDirections / 4;
  constexpr float kInner = 0.6f;  // of the radius
  std::array<std::array<Footprint, kDirections>, kDepths> sector{};
  const float ring = (1 - kInner * kInner) * static_cast<float>(dome.height * dome.height);
  const float zone_x = static_cast<float>(grid.zone_x_mm), zone_y = static_cast<float>(grid.zone_y_mm);
  const float x0 = static_cast<float>(dome.x), y0 = static_cast<float>(dome.y);
  ForEachZone(zones, [&](int zone) {
    for (int k = 0; k < kPoints * kPoints; ++k) {
      const float u = static_cast<float>(zone % kSide) - 3.875f + 0.25f * static_cast<float>(k % kPoints);
      const float v = static_cast<float>(zone / kSide) - 3.875f + 0.25f * static_cast<float>(k / kPoints);
      const float q = c[0] + u * (c[1] + c[3] * u + c[4] * v) + v * (c[2] + c[5] * v);
      if (q <= 0 || q > ring) continue;
      const float height = std::sqrt(q);
      const int direction = SectorOf(u * zone_x - x0, v * zone_y - y0);
      for (int d = 0; d < kDepths; ++d) sector[d][direction][zone] += std::min(1.0f, height / kBiteDepth[d]) / (kPoints * kPoints);
    }
  });
  std::array<Footprint, kBites> bites{};
  for (int d = 0; d < kDepths; ++d) {
    for (int k = 0; k < kDirections; ++k) {
      // Each bite is the one before, a sector further.
      Footprint& bite = bites[d * kDirections + k];
      const auto add = [&](const Footprint& part, float times) {
        for (int i = 0; i < kZones; i += kLanes) Store(Load(&bite[i]) + times * Load(&part[i]), &bite[i]);
      };
      if (k == 0) {
        for (int j = 0; j < kQuarter; ++j) add(sector[d][j], 1);
      } else {
        bite = bites[d * kDirections + k - 1];
        add(sector[d][k - 1], -1);
        add(sector[d][(k - 1 + kQuarter) % kDirections], 1);
      }
    }
  }
  return bites;
}

}  // namespace egi::analyse
