#include "server/analyse/tof_defects.h"

#include <algorithm>
#include <cmath>

namespace egi::analyse {
namespace {

void Add(DefectClass type, int zone, int zones, double size, double full_scale, TofMeasure* measure) {
  if (measure->defects == kMaxTofDefects) return;
  TofDefect& defect = measure->defect[measure->defects++];
  defect.type = type;
  defect.zone = static_cast<uint8_t>(zone);
  defect.zones = static_cast<uint8_t>(zones);
  defect.size = static_cast<float>(size);
  defect.severity = static_cast<float>(std::min(1.0, size / full_scale));
}

float Median(std::array<float, kZones>* values, size_t count) {
  std::nth_element(values->begin(), values->begin() + count / 2, values->begin() + count);
  return (*values)[count / 2];
}

// Share of a patch of 1.25 zones' radius that falls on a zone one step aside, and one step diagonally.
constexpr float kAside = 0.75f, kDiagonal = 0.4f;

}  // namespace

void AddShapes(const ShapeSearch& shapes, const TofOptions& options, TofMeasure* measure) {
  for (int i = 0; i < shapes.count; ++i) {
    const ShapeFound& found = shapes.found[i];
    if (std::abs(found.change_mm) < options.defect_height_mm) continue;
    Add(found.type, found.zone, found.zones, std::abs(found.change_mm), options.defect_full_scale_mm, measure);
  }
}

void AddDarkPatches(const float* reflectance, const std::array<float, kZones>& cover, double tray, ZoneMask product,
                    const TofOptions& options, TofMeasure* measure) {
  constexpr float kMostly = 0.6f, kLeastSpread = 1;
  std::array<float, kZones> sorted, drop{};
  size_t count = 0;
  ForEachZone(product, [&](int i) {
    if (cover[i] >= kMostly) sorted[count++] = reflectance[i];
  });
  if (count == 0) return;
  const float median = Median(&sorted, count);
  count = 0;
  ForEachZone(product, [&](int i) {
    drop[i] = cover[i] * median + (1 - cover[i]) * static_cast<float>(tray) - reflectance[i];
    sorted[count++] = drop[i];
  });
  // One standard deviation on the bright side, which dark patches leave alone.
  const size_t bright = static_cast<size_t>(0.16 * count);
  std::nth_element(sorted.begin(), sorted.begin() + bright, sorted.begin() + count);
  const float spread = std::max(kLeastSpread, -sorted[bright]);
  ZoneMask left = product;
  while (left != 0) {
    int best = -1;
    float best_size = 0;
    ForEachZone(left, [&](int zone) {
      const ZoneMask cross = Grow4(Bit(zone)) & product, square = Grow8(Bit(zone)) & product & ~cross;
      float sum = drop[zone], squares = 1;
      ForEachZone(cross & ~Bit(zone), [&](int i) { sum += kAside * drop[i], squares += kAside * kAside; });
      ForEachZone(square, [&](int i) { sum += kDiagonal * drop[i], squares += kDiagonal * kDiagonal; });
      const float size = sum / squares;
      if (size < options.optical_drop || sum < options.optical_significance * spread * std::sqrt(squares)) return;
      if (size > best_size) best_size = size, best = zone;
    });
    if (best < 0) return;
    const ZoneMask around = Grow8(Bit(best));
    int zones = 0;
    ForEachZone(around & product, [&](int i) { zones += drop[i] >= best_size / 2; });
    Add(DefectClass::kOpticalInconsistency, best, zones, best_size, options.optical_full_scale, measure);
    left &= ~Grow8(around);
  }
}

}  // namespace egi::analyse
