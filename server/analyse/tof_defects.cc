#include "server/analyse/tof_defects.h"

#include <algorithm>
#include <cmath>

#include "server/analyse/defect_shapes.h"

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

// What the reflectance of a liver is made of: a level of its own, which fills each zone by its cover, and patches. Zones are weighed by how
// much a zone tells: those at the rim show the tray, and how much of it is not known exactly.
class PatchSearch {
 public:
  PatchSearch(const float* reflectance, const std::array<float, kZones>& cover, float tray, ZoneMask zones)
      : cover_(cover), zones_(zones) {
    constexpr float kMostly = 0.6f, kCoverError = 1.0f;
    std::array<float, kZones> sound;
    size_t count = 0;
    ForEachZone(zones, [&](int i) {
      if (cover[i] >= kMostly) sound[count++] = reflectance[i];
    });
    if (count == 0) return;
    level_ = Median(&sound, count);
    ForEachZone(zones, [&](int i) {
      const float bare = 1 - cover[i];
      fall_[i] = cover[i] * level_ + bare * tray - reflectance[i];
      weight_[i] = 1 / (cover[i] * cover[i] + kCoverError * bare * bare + 0.02f);
    });
    Settle();
    seen_ = true;
  }

  struct Patch {
    int zone = -1, zones = 0;
    float fall = 0;  // of the worst zone
  };

  // Finds the patch that stands out most and takes it off; false when none stands out.
  bool Take(double significance, Patch* patch) {
    constexpr float kLeastOwn = 0.2f, kLeastSize = 0.3f, kLeastSpread = 1;
    if (!seen_) return false;
    Footprint shares{}, sizes{}, levels{};
    float all = 0;
    int count = 0;
    ForEachZone(zones_, [&](int i) {
      shares[i] = weight_[i] * fall_[i] * cover_[i];
      sizes[i] = levels[i] = weight_[i] * cover_[i] * cover_[i];
      all += levels[i];
      ++count;
    });
    float best = 0;
    int best_zone = -1, best_disc = 0;
    ForEachZone(zones_, [&](int zone) {
      const DiscFigures share = TimesDiscs(DiscKind::kPatch, zone, shares), size = TimesSquaredDiscs(DiscKind::kPatch, zone, sizes);
      const DiscFigures level = TimesDiscs(DiscKind::kPatch, zone, levels);
      for (int k = 0; k < kDiscsOfZone; ++k) {
        const float s = share[k / kLanes][k % kLanes], n = size[k / kLanes][k % kLanes], l = level[k / kLanes][k % kLanes];
        const float own = n - l * l / all;
        if (s > 0 && n > kLeastSize && own > kLeastOwn * n && s * s > best * own) best = s * s / own, best_zone = zone, best_disc = k;
      }
    });
    if (best_zone < 0) return false;
    const float left = std::max(0.0f, Squares() - best) / static_cast<float>(std::max(4, count - 2 - found_));
    if (best < significance * significance * std::max(kLeastSpread * kLeastSpread, left)) return false;
    const Footprint shape = DiscOf(DiscKind::kPatch, best_zone, best_disc, cover_);
    float share = 0, size = 0, level = 0, worst = 0;
    ForEachZone(zones_, [&](int i) {
      share += weight_[i] * fall_[i] * shape[i];
      size += weight_[i] * shape[i] * shape[i];
      level += weight_[i] * shape[i] * cover_[i];
      if (shape[i] > worst) worst = shape[i], patch->zone = i;
    });
    const float depth = share / (size - level * level / all);
    patch->zones = 0;
    ForEachZone(zones_, [&](int i) {
      patch->zones += shape[i] >= worst / 2;
      fall_[i] -= depth * shape[i];
    });
    patch->fall = depth * worst;
    ++found_;
    Settle();
    return true;
  }

 private:
  // Takes the level off what is left.
  void Settle() {
    float share = 0, size = 0;
    ForEachZone(zones_, [&](int i) {
      share += weight_[i] * fall_[i] * cover_[i];
      size += weight_[i] * cover_[i] * cover_[i];
    });
    const float shift = share / size;
    ForEachZone(zones_, [&](int i) { fall_[i] -= shift * cover_[i]; });
  }

  float Squares() const {
    float sum = 0;
    ForEachZone(zones_, [&](int i) { sum += weight_[i] * fall_[i] * fall_[i]; });
    return sum;
  }

  const std::array<float, kZones>& cover_;
  const ZoneMask zones_;
  float level_ = 0;
  bool seen_ = false;
  int found_ = 0;
  std::array<float, kZones> fall_{}, weight_{};
};

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
  constexpr int kMaxPatches = 4;
  PatchSearch search(reflectance, cover, static_cast<float>(tray), product);
  PatchSearch::Patch patch;
  for (int k = 0; k < kMaxPatches && search.Take(options.optical_significance, &patch); ++k) {
    if (patch.fall < options.optical_drop) continue;
    Add(DefectClass::kOpticalInconsistency, patch.zone, patch.zones, patch.fall, options.optical_full_scale, measure);
  }
}

}  // namespace egi::analyse
