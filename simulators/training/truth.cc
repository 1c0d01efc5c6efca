#include "simulators/training/truth.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

#include "server/analyse/grade.h"
#include "server/analyse/spectral.h"
#include "server/analyse/tof.h"

namespace egi::training {
namespace {

using analyse::kSide;
using analyse::kZones;
using station::Liver;
using station::SurfaceDefect;
using std::numbers::pi;

constexpr double kMaskSeverity = 0.3;
constexpr int kSubZones = 8;  // points per side of a zone

enum Class { kForeignBody, kDeformation, kEdge, kOptical };

Class ClassOf(const SurfaceDefect& defect) {
  if (defect.kind == SurfaceDefect::Kind::kEdge) return kEdge;
  if (defect.kind == SurfaceDefect::Kind::kDarkPatch) return kOptical;
  return defect.change_mm < 0 ? kForeignBody : kDeformation;
}

double SeverityOf(const SurfaceDefect& defect, const analyse::TofOptions& rules) {
  const double severity = ClassOf(defect) == kOptical ? -defect.reflectance_change / rules.optical_full_scale
                                                      : std::abs(defect.change_mm) / rules.defect_full_scale_mm;
  return std::min(1.0, severity);
}

// What a defect does at a point of the liver: mm of height or points of reflectance, as the scene of the station renders it.
double ChangeAt(const SurfaceDefect& defect, const Liver& liver, double x, double y) {
  const double distance = std::hypot((x - defect.x) / defect.radius_x, (y - defect.y) / defect.radius_y);
  switch (defect.kind) {
    case SurfaceDefect::Kind::kBump:
      return distance >= 1 ? 0 : std::abs(defect.change_mm) * 0.5 * (1 + std::cos(pi * distance));
    case SurfaceDefect::Kind::kDarkPatch:
      return distance >= 1 ? 0 : -defect.reflectance_change;
    case SurfaceDefect::Kind::kEdge: {
      const double dx = x - liver.dome.x, dy = y - liver.dome.y;
      const double turned = std::remainder(std::atan2(dy, dx) - liver.dome.angle - defect.angle, 2 * pi);
      const double c = std::cos(liver.dome.angle), s = std::sin(liver.dome.angle);
      const double radius = std::hypot((dx * c + dy * s) / liver.dome.a, (-dx * s + dy * c) / liver.dome.b);
      // Nothing can be missing below the tray.
      return std::abs(turned) < pi / 4 && radius > 0.6 ? std::min(defect.change_mm, liver.dome.HeightAt(x, y)) : 0;
    }
  }
  return 0;
}

void Mark(const SurfaceDefect& defect, const Liver& liver, const station::Profile& profile, const analyse::TofOptions& rules,
          std::array<bool, kZones>* mask) {
  const double zone_x = station::SceneLengthMm(profile) / kSide, zone_y = station::SceneWidthMm(profile) / kSide;
  const double full_scale = ClassOf(defect) == kOptical ? rules.optical_full_scale : rules.defect_full_scale_mm;
  for (int zone = 0; zone < kZones; ++zone) {
    const double x0 = (zone % kSide - kSide / 2) * zone_x, y0 = (zone / kSide - kSide / 2) * zone_y;
    double sum = 0;
    for (int k = 0; k < kSubZones * kSubZones; ++k) {
      const double x = x0 + (k % kSubZones + 0.5) / kSubZones * zone_x, y = y0 + (k / kSubZones + 0.5) / kSubZones * zone_y;
      if (liver.dome.HeightAt(x, y) > 0) sum += ChangeAt(defect, liver, x, y);
    }
    if (sum / (kSubZones * kSubZones) >= kMaskSeverity * full_scale) (*mask)[zone] = true;
  }
}

double VolumeTerm(double volume, const analyse::TofOptions& rules) {
  const double gap = std::abs(volume - rules.expected_volume_mm3) / rules.expected_volume_mm3;
  const double full = rules.volume_full_gap, half = rules.volume_half_gap;
  if (gap <= full) return 1;
  if (gap <= half) return 1 - (gap - full) / (half - full) * 0.6;
  return std::max(0.0, 0.4 * (1 - (gap - half) / half));
}

// The score of the shape, its surface and its reflectance; the signal of a working sensor is full.
double TofScore(const Liver& liver, const analyse::TofOptions& rules) {
  double severity = 0;
  for (const SurfaceDefect& defect : liver.defects) severity += SeverityOf(defect, rules);
  const double defects = std::max(0.0, 1 - severity / rules.tolerated_severity);
  const double reflectance = std::max(0.0, 1 - std::abs(liver.reflectance - rules.reflectance_best) / rules.reflectance_span);
  return rules.weights.volume * VolumeTerm(liver.volume_mm3, rules) +
         rules.weights.uniformity * liver.surface_uniformity + rules.weights.defects * defects +
         rules.weights.reflectance * reflectance + rules.weights.signal;
}

// The score of a reading of the tissue without noise, at 25 degrees Celsius and in the dark.
quality::v1::SpectralAnalysis CleanSpectrum(const Liver& liver) {
  constexpr double kGain = 4;
  const auto count = [&](int channel) { return analyse::ModelCount(channel, liver.tissue) * kGain; };
  quality::v1::SpectralReading reading;
  quality::v1::SpectralChannels& channels = *reading.mutable_channels();
  channels.set_f1_415nm(count(0));
  channels.set_f2_445nm(count(1));
  channels.set_f3_480nm(count(2));
  channels.set_f4_515nm(count(3));
  channels.set_f5_555nm(count(4));
  channels.set_f6_590nm(count(5));
  channels.set_f7_630nm(count(6));
  channels.set_f8_680nm(count(7));
  channels.set_nir(count(8));
  channels.set_clear(count(9));
  reading.set_integration_time_ms(200);
  reading.set_gain(kGain / 2);
  return analyse::AnalyseSpectrum(reading);
}

}  // namespace

Truth TruthOf(const Liver& liver, const station::Profile& profile) {
  analyse::TofOptions rules;
  rules.expected_volume_mm3 = profile.tof_analyser.expected_volume_mm3;
  quality::v1::Sample sample;
  sample.mutable_tof_analysis()->set_quality_score(TofScore(liver, rules));
  *sample.mutable_spectral_analysis() = CleanSpectrum(liver);
  Truth truth;
  for (const SurfaceDefect& defect : liver.defects) {
    Mark(defect, liver, profile, rules, &truth.defects[ClassOf(defect)]);
    quality::v1::Defect* told = sample.mutable_tof_analysis()->add_defects();
    told->set_type(analytics::ml::kDefects[ClassOf(defect)]);
    told->set_severity(SeverityOf(defect, rules));
  }
  const quality::v1::Fusion fusion = analyse::Fuse(sample);
  truth.score = fusion.final_score();
  while (std::strcmp(analytics::ml::kGrades[truth.grade], fusion.final_grade().c_str()) != 0) ++truth.grade;
  return truth;
}

}  // namespace egi::training
