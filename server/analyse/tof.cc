#include "server/analyse/tof.h"

#include <algorithm>
#include <cmath>

#include "server/analyse/grade.h"
#include "server/analyse/tof_defects.h"

namespace egi::analyse {
namespace {

using quality::v1::TofFrame;

// How far a status code can be trusted (UM3109): 5 valid, 10 valid without an earlier one, 6 and 9 half, others not.
double TrustOf(int status) {
  if (status == 5 || status == 10) return 1;
  return status == 6 || status == 9 ? 0.5 : 0;
}

struct Reading {
  ZoneMap height{};                 // above the tray, mm
  std::array<float, kZones> trust;  // 0..1
  ZoneMask trusted = 0;             // more than 0
};

Reading Read(const TofFrame& frame, const TofOptions& options) {
  Reading reading;
  const float* distance = frame.distance_mm().data();
  const bool told = frame.target_status_size() == kZones;
  for (int i = 0; i < kZones; ++i) {
    reading.height[i] = options.empty_distance_mm - distance[i];
    reading.trust[i] = told ? static_cast<float>(TrustOf(frame.target_status(i))) : 1.0f;
    if (reading.trust[i] > 0) {
      reading.trusted |= Bit(i);
    } else {
      reading.height[i] = 0;
    }
  }
  return reading;
}

// The greatest connected region of zones that stand out of the tray.
ZoneMask Segment(const Reading& reading, const TofOptions& options) {
  const double highest = *std::max_element(reading.height.begin(), reading.height.end());
  const double limit = std::max(options.product_height_mm, options.product_height_ratio * highest);
  ZoneMask above = 0, product = 0;
  for (int i = 0; i < kZones; ++i) {
    if (reading.height[i] > limit) above |= Bit(i);
  }
  ForEachRegion(above, [&](ZoneMask region) {
    if (Count(region) > Count(product)) product = region;
  });
  // Zones without a target that the product surrounds belong to it.
  ForEachZone(Grow4(product) & ~product & ~reading.trusted, [&](int i) {
    if (Count(Grow4(Bit(i)) & product) >= 3) product |= Bit(i);
  });
  return product;
}

// Moves the heights by the mean of the zones well away from the product, where only the tray is seen.
double LevelTray(ZoneMask product, const TofOptions& options, Reading* reading) {
  constexpr int kEnough = 8;
  const ZoneMask empty = ~Grow8(product) & reading->trusted;
  if (Count(empty) < kEnough) return 0;
  double sum = 0;
  ForEachZone(empty, [&](int i) { sum += reading->height[i]; });
  const double level = sum / Count(empty);
  if (std::abs(level) > options.tray_offset_limit_mm) return 0;
  for (double& height : reading->height) height -= level;
  return -level;
}

// Mean reflectance of the zones well away from the product, or `otherwise` when there are none.
double TrayReflectance(const TofFrame& frame, ZoneMask product, double otherwise) {
  const ZoneMask empty = ~Grow8(product);
  if (empty == 0) return otherwise;
  double sum = 0;
  ForEachZone(empty, [&](int i) { sum += frame.reflectance(i); });
  return sum / Count(empty);
}

// Integral of the bilinear surface through the centres of the zones (trapezoidal rule in both directions).
double Trapezoidal(const ZoneMap& height, ZoneMask outline, double area) {
  double sum = 0;
  ForEachZone(outline, [&](int i) {
    const int row = i / kSide, column = i % kSide;
    const double edge = (row == 0 || row == kSide - 1 ? 0.5 : 1) * (column == 0 || column == kSide - 1 ? 0.5 : 1);
    sum += edge * height[i];
  });
  return sum * area;
}

// 1 up to the full gap, 0.4 at the half gap, 0 from twice that on.
double VolumeTerm(double volume, const TofOptions& options) {
  const double gap = std::abs(volume - options.expected_volume_mm3) / options.expected_volume_mm3;
  if (gap <= options.volume_full_gap) return 1;
  if (gap <= options.volume_half_gap) {
    return 1 - 0.6 * (gap - options.volume_full_gap) / (options.volume_half_gap - options.volume_full_gap);
  }
  return std::max(0.0, 0.4 * (1 - (gap - options.volume_half_gap) / options.volume_half_gap));
}

// Residual to the dome, the known noise of the averaged sensor taken off in quadrature.
double SurfaceRms(const ShapeSearch& shapes, ZoneMask product, double noise) {
  double sum = 0;
  int count = 0;
  ForEachZone(product, [&](int i) {
    sum += shapes.residual_mm[i] * shapes.residual_mm[i];
    ++count;
  });
  const double variance = sum / std::max(1, count - kDomeTerms - shapes.count);
  return std::sqrt(std::max(0.0, variance - noise * noise));
}

void ReadOptics(const TofFrame& frame, ZoneMask product, const Reading& reading, const TofOptions& options, TofMeasure* m) {
  const float* amplitude = frame.amplitude().data();
  const float* reflectance = frame.reflectance().data();
  double sum = 0, squares = 0;
  ForEachZone(product, [&](int i) {
    const double r = reflectance[i];
    sum += r;
    squares += r * r;
    m->low_share += r < options.reflectance_low;
    m->high_share += r > options.reflectance_high;
    m->mean_amplitude += amplitude[i];
    m->signal += reading.trust[i] * std::min(1.0, amplitude[i] / options.full_amplitude);
    m->trust += reading.trust[i];
  });
  const double n = m->zones;
  m->mean_reflectance = sum / n;
  m->reflectance_sd = std::sqrt(std::max(0.0, squares / n - m->mean_reflectance * m->mean_reflectance));
  m->low_share /= n;
  m->high_share /= n;
  m->mean_amplitude /= n;
  m->signal /= n;
  m->trust /= n;
}

void Score(const TofOptions& options, TofMeasure* m) {
  double severity = 0;
  for (int i = 0; i < m->defects; ++i) severity += m->defect[i].severity;
  const double off = std::abs(m->mean_reflectance - options.reflectance_best) / options.reflectance_span;
  const double sound = 1 - m->low_share - m->high_share;
  m->parts.volume = options.weights.volume * VolumeTerm(m->volume_mm3, options);
  m->parts.uniformity = options.weights.uniformity * m->uniformity;
  m->parts.defects = options.weights.defects * std::max(0.0, 1 - severity / options.tolerated_severity);
  m->parts.reflectance = options.weights.reflectance * std::max(0.0, 1 - off) * sound;
  m->parts.signal = options.weights.signal * m->signal;
  m->score = m->parts.volume + m->parts.uniformity + m->parts.defects + m->parts.reflectance + m->parts.signal;
  m->grade = GradeOf(m->score, options.grades);
}

// Noise of the heights carried to the score, and how far the frame can be relied on.
void Doubt(const TofOptions& options, int outline_zones, TofMeasure* m) {
  const double noise = m->height_noise_mm / options.confidence_noise_mm, spread = m->spread_mm / options.confidence_residual_mm;
  m->confidence = m->trust * m->signal / (1 + noise * noise) / (1 + spread * spread);
  const double volume_sd = m->height_noise_mm * std::sqrt(static_cast<double>(outline_zones)) * options.grid.AreaMm2();
  const double slope = std::abs(m->volume_mm3 - options.expected_volume_mm3) > options.volume_full_gap * options.expected_volume_mm3
                           ? 0.6 / (options.volume_half_gap - options.volume_full_gap) / options.expected_volume_mm3
                           : 0;
  const double rms_sd = m->height_noise_mm / std::sqrt(2.0 * std::max(1, m->zones - 6));
  const double uniformity_slope = m->uniformity * m->uniformity / options.uniformity_scale_mm;
  m->score_sd = std::hypot(options.weights.volume * slope * volume_sd, options.weights.uniformity * uniformity_slope * rms_sd);
}

}  // namespace

TofMeasure MeasureTof(const TofFrame& frame, const TofOptions& options) {
  TofMeasure m;
  Reading reading = Read(frame, options);
  m.height_noise_mm = options.frame_sigma_mm / std::sqrt(static_cast<double>(std::max(1, frame.frames_averaged())));
  ZoneMask product = Segment(reading, options);
  if (product == 0) return m;
  m.tray_offset_mm = LevelTray(product, options, &reading);
  m.zones = Count(product);
  DomeFit fit = FitDome(reading.height, product, reading.trusted, m.height_noise_mm, options.grid, options.prior);
  const ShapeSearch shapes = SearchShapes(reading.height, product & reading.trusted, reading.trusted, m.height_noise_mm, options, &fit);
  m.dome = fit.dome;
  m.spread_mm = fit.spread_mm;
  ForEachZone(product & ~reading.trusted, [&](int i) { reading.height[i] = fit.model.mean[i]; });

  m.min_height_mm = options.empty_distance_mm;
  ForEachZone(product, [&](int i) {
    const double height = reading.height[i];
    m.avg_height_mm += height / m.zones;
    m.max_height_mm = std::max(m.max_height_mm, height);
    m.min_height_mm = std::min(m.min_height_mm, height);
  });
  // The rim of the product lies in zones that hold too little of it to be segmented.
  const ZoneMask outline = Grow8(product) & (reading.trusted | product);
  double sum = 0;
  ForEachZone(outline, [&](int i) { sum += reading.height[i]; });
  m.volume_mm3 = std::max(0.0, sum * options.grid.AreaMm2());
  m.volume_trapezoidal_mm3 = std::max(0.0, Trapezoidal(reading.height, outline, options.grid.AreaMm2()));
  m.mass_g = m.volume_mm3 / 1000 * options.density_g_cm3;
  m.surface_rms_mm = SurfaceRms(shapes, product & reading.trusted, frame.frames_averaged() > 0 ? m.height_noise_mm : 0);
  m.uniformity = 1 / (1 + m.surface_rms_mm / options.uniformity_scale_mm);
  ReadOptics(frame, product, reading, options, &m);
  AddShapes(shapes, options, &m);
  AddDarkPatches(frame.reflectance().data(), fit.model.cover, TrayReflectance(frame, product, m.mean_reflectance), product, options, &m);
  Score(options, &m);
  Doubt(options, Count(outline), &m);
  return m;
}

}  // namespace egi::analyse
