#include "server/analyse/tof.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "server/analyse/grade.h"
#include "server/analyse/tof_defects.h"

namespace egi::analyse {
namespace {

using quality::v1::TofAnalysis;
using quality::v1::TofFrame;

// How far a status code can be trusted (UM3109): 5 valid, 10 valid without an earlier one, 6 and 9 half, others not.
double Trust(const TofFrame& frame, int zone) {
  if (frame.target_status_size() != kZones) return 1;
  switch (frame.target_status(zone)) {
    case 5:
    case 10:
      return 1;
    case 6:
    case 9:
      return 0.5;
    default:
      return 0;
  }
}

// Heights above the tray; a zone that cannot be trusted takes the mean of its trusted neighbours.
ZoneMap Heights(const TofFrame& frame, const TofOptions& options) {
  ZoneMap heights{};
  for (int i = 0; i < kZones; ++i) heights[i] = options.empty_distance_mm - frame.distance_mm(i);
  for (int i = 0; i < kZones; ++i) {
    if (Trust(frame, i) > 0) continue;
    double sum = 0;
    int count = 0;
    for (const int n : Neighbours(i)) {
      if (n >= 0 && Trust(frame, n) > 0) {
        sum += heights[n];
        ++count;
      }
    }
    heights[i] = count > 0 ? sum / count : 0;
  }
  return heights;
}

// The greatest connected region of zones that stand out of the tray.
ZoneMask Segment(const ZoneMap& heights, const TofOptions& options) {
  const double highest = *std::max_element(heights.begin(), heights.end());
  const double limit = std::max(options.product_height_mm, options.product_height_ratio * highest);
  ZoneMask above{};
  for (int i = 0; i < kZones; ++i) above[i] = heights[i] > limit;
  ZoneMask product{};
  size_t largest = 0;
  for (const std::vector<int>& region : Regions(above)) {
    if (region.size() <= largest) continue;
    largest = region.size();
    product = {};
    for (const int zone : region) product[zone] = true;
  }
  return product;
}

// 1 within 10 % of the expected volume, 0.4 at 50 %, 0 from twice (or nothing) on.
double VolumeTerm(double volume, double expected) {
  const double gap = std::abs(volume - expected) / expected;
  if (gap <= 0.10) return 1;
  if (gap <= 0.5) return 1 - (gap - 0.10) / 0.40 * 0.6;
  return std::max(0.0, 0.4 * (1 - (gap - 0.5) / 0.5));
}

struct SurfaceFigures {
  double rms_mm = 0;   // of the residual, without the noise of the sensor
  double uniformity = 0;
};

// Residual of the sound zones to the dome, the known noise of the averaged sensor taken off in quadrature.
SurfaceFigures Surface(const ZoneMap& residuals, const ZoneMask& product, int frames, const TofOptions& options) {
  constexpr int kFitted = 6;
  double sum = 0;
  int count = 0;
  for (int i = 0; i < kZones; ++i) {
    if (!product[i] || std::abs(residuals[i]) > options.defect_height_mm) continue;
    sum += residuals[i] * residuals[i];
    ++count;
  }
  SurfaceFigures figures;
  const double variance = sum / std::max(1, count - kFitted);
  const double noise = frames > 0 ? options.frame_sigma_mm * options.frame_sigma_mm / frames : 0;
  figures.rms_mm = std::sqrt(std::max(0.0, variance - noise));
  figures.uniformity = 1 / (1 + figures.rms_mm / options.uniformity_scale_mm);
  return figures;
}

struct Optics {
  double mean_reflectance = 0;
  double sound_share = 0;  // share of product zones with a reflectance of 30..80
  double signal = 0;       // mean of trust times amplitude, 0..1
  double mean_amplitude = 0;
};

Optics ReadOptics(const TofFrame& frame, const ZoneMask& product, const TofOptions& options) {
  Optics optics;
  int count = 0;
  for (int i = 0; i < kZones; ++i) {
    if (!product[i]) continue;
    ++count;
    const double reflectance = frame.reflectance(i);
    optics.mean_reflectance += reflectance;
    optics.sound_share += reflectance >= 30 && reflectance <= 80;
    optics.mean_amplitude += frame.amplitude(i);
    optics.signal += Trust(frame, i) * std::min(1.0, frame.amplitude(i) / options.full_amplitude);
  }
  if (count == 0) return optics;
  optics.mean_reflectance /= count;
  optics.sound_share /= count;
  optics.mean_amplitude /= count;
  optics.signal /= count;
  return optics;
}

void Score(double volume, double uniformity, double defects, double reflectance, double signal, const TofOptions& options,
           TofAnalysis* analysis) {
  auto& parts = *analysis->mutable_score_breakdown();
  parts["volume"] = options.weights.volume * volume;
  parts["uniformity"] = options.weights.uniformity * uniformity;
  parts["defects"] = options.weights.defects * defects;
  parts["reflectance"] = options.weights.reflectance * reflectance;
  parts["signal"] = options.weights.signal * signal;
  double sum = 0;
  for (const char* key : {"volume", "uniformity", "defects", "reflectance", "signal"}) sum += parts[key];
  analysis->set_quality_score(std::clamp(sum, 0.0, 1.0));
  analysis->set_grade(GradeOf(analysis->quality_score(), options.grades));
}

void Detail(TofAnalysis* analysis, const char* key, double value) {
  (*analysis->mutable_details()->mutable_fields())[key].set_number_value(std::round(value * 1000) / 1000);
}

}  // namespace

TofAnalysis AnalyseTof(const TofFrame& frame, const TofOptions& options) {
  TofAnalysis analysis;
  const ZoneMap heights = Heights(frame, options);
  const ZoneMask product = Segment(heights, options);
  const int zones = static_cast<int>(std::count(product.begin(), product.end(), true));
  if (zones == 0) {
    Score(0, 0, 0, 0, 0, options, &analysis);
    return analysis;
  }
  ZoneMap shape{};
  double sum = 0, highest = 0, lowest = 1e9;
  for (int i = 0; i < kZones; ++i) {
    if (!product[i]) continue;
    shape[i] = heights[i];
    sum += heights[i];
    highest = std::max(highest, heights[i]);
    lowest = std::min(lowest, heights[i]);
  }
  const double volume = sum * options.grid.AreaMm2();
  // The fit also sees the low zones of the rim that the segmentation leaves out.
  ZoneMap outline = heights;
  for (double& h : outline) h = std::max(0.0, h);
  const Dome dome = FitDome(outline, options.grid);
  const ZoneMap ideal = Rasterise(dome, options.grid);
  ZoneMap residuals{};
  for (int i = 0; i < kZones; ++i) residuals[i] = product[i] ? heights[i] - ideal[i] : 0;
  const SurfaceFigures surface = Surface(residuals, product, frame.frames_averaged(), options);
  const double severity = FindDefects(frame, product, residuals, options, analysis.mutable_defects());
  const Optics optics = ReadOptics(frame, product, options);

  analysis.set_volume_mm3(volume);
  analysis.set_avg_height_mm(sum / zones);
  analysis.set_max_height_mm(highest);
  analysis.set_min_height_mm(lowest);
  analysis.set_surface_uniformity(surface.uniformity);
  analysis.set_height_variation_mm(surface.rms_mm);
  const double off = std::abs(optics.mean_reflectance - options.reflectance_best) / options.reflectance_span;
  Score(VolumeTerm(volume, options.expected_volume_mm3), surface.uniformity, std::max(0.0, 1 - severity / options.tolerated_severity),
        std::max(0.0, 1 - off) * optics.sound_share, optics.signal, options, &analysis);
  Detail(&analysis, "occupied_zones", zones);
  Detail(&analysis, "base_area_mm2", zones * options.grid.AreaMm2());
  Detail(&analysis, "dome_height_mm", dome.height);
  Detail(&analysis, "dome_volume_mm3", dome.VolumeMm3());
  Detail(&analysis, "avg_reflectance", optics.mean_reflectance);
  Detail(&analysis, "avg_amplitude", optics.mean_amplitude);
  return analysis;
}

}  // namespace egi::analyse
