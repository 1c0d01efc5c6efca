#include "simulators/station/scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace egi::station {
namespace {

using analyse::kSide;
using analyse::kZones;
using analyse::ZoneMap;
using std::numbers::pi;

constexpr double kFrameSigmaMm = 5.6;
constexpr double kAmplitude = 12 * 400;  // at 100 mm and 100 % reflectance
constexpr int kSubZones = 8;             // points per side of a zone

// Mean height over the tray and share of the zone that the liver covers.
struct Surface {
  ZoneMap height{};
  ZoneMap cover{};
  ZoneMap reflectance_change{};
};

// 1 in the middle of a disturbance, 0 from its rim on, without a step.
double Fall(double distance) { return distance >= 1 ? 0 : 0.5 * (1 + std::cos(pi * distance)); }

// Change of the height by the defects at a point inside the liver.
double Disturb(const Liver& liver, double x, double y) {
  double change = 0;
  for (const SurfaceDefect& defect : liver.defects) {
    if (defect.kind == SurfaceDefect::Kind::kBump) {
      change -= defect.change_mm * Fall(std::hypot((x - defect.x) / defect.radius_x, (y - defect.y) / defect.radius_y));
    } else if (defect.kind == SurfaceDefect::Kind::kEdge) {
      const double dx = x - liver.dome.x, dy = y - liver.dome.y;
      const double turned = std::remainder(std::atan2(dy, dx) - liver.dome.angle - defect.angle, 2 * pi);
      const double c = std::cos(liver.dome.angle), s = std::sin(liver.dome.angle);
      const double radius = std::hypot((dx * c + dy * s) / liver.dome.a, (-dx * s + dy * c) / liver.dome.b);
      if (std::abs(turned) < pi / 4 && radius > 0.6) change -= defect.change_mm;
    }
  }
  return change;
}

Surface Render(const Liver& liver, double zone_x, double zone_y) {
  Surface surface;
  const double wave = 0.15 * liver.thickness_variation_mm;  // long waves of the lobes
  for (int zone = 0; zone < kZones; ++zone) {
    const double x0 = (zone % kSide - kSide / 2) * zone_x, y0 = (zone / kSide - kSide / 2) * zone_y;
    double height = 0, covered = 0, dark = 0;
    for (int k = 0; k < kSubZones * kSubZones; ++k) {
      const double x = x0 + (k % kSubZones + 0.5) / kSubZones * zone_x;
      const double y = y0 + (k / kSubZones + 0.5) / kSubZones * zone_y;
      const double h = liver.dome.HeightAt(x, y);
      if (h <= 0) continue;
      covered += 1;
      const double waves = wave * std::sin(2 * pi * x / liver.dome.a) * std::cos(2 * pi * y / liver.dome.b);
      height += std::max(0.0, h + waves + Disturb(liver, x, y));
      for (const SurfaceDefect& defect : liver.defects) {
        if (defect.kind != SurfaceDefect::Kind::kDarkPatch) continue;
        if (std::hypot((x - defect.x) / defect.radius_x, (y - defect.y) / defect.radius_y) < 1) dark += defect.reflectance_change;
      }
    }
    constexpr double kPoints = kSubZones * kSubZones;
    surface.height[zone] = height / kPoints;
    surface.cover[zone] = covered / kPoints;
    surface.reflectance_change[zone] = dark / kPoints;
  }
  return surface;
}

// Roughness: independent per zone, then smoothed with a cross of weights 2 and 1, brought to the spread that gives the liver's
// uniformity u = 1 / (1 + rms / 2 mm).
ZoneMap Roughness(double uniformity, Random& random) {
  const double rms = 2 * (1 / std::clamp(uniformity, 0.1, 1.0) - 1);
  ZoneMap raw{}, smooth{};
  for (double& value : raw) value = random.Normal(0, 1);
  for (int zone = 0; zone < kZones; ++zone) {
    const int row = zone / kSide, column = zone % kSide;
    double sum = 2 * raw[zone], weight = 4;
    if (row > 0) sum += raw[zone - kSide], weight += 1;
    if (row < kSide - 1) sum += raw[zone + kSide], weight += 1;
    if (column > 0) sum += raw[zone - 1], weight += 1;
    if (column < kSide - 1) sum += raw[zone + 1], weight += 1;
    smooth[zone] = rms * sum / std::sqrt(weight);
  }
  return smooth;
}

// 5 = valid; rarely 6 (no wrap check) or 9 (large pulse), both 50 % trusted (UM3109).
int DrawStatus(Random& random) {
  const double draw = random.Unit();
  return draw < 0.002 ? 6 : draw < 0.004 ? 9 : 5;
}

}  // namespace

quality::v1::TofFrame LookAt(const std::optional<Liver>& liver, const Profile& profile, Random& random) {
  const double zone_x = SceneLengthMm(profile) / kSide, zone_y = SceneWidthMm(profile) / kSide;
  const double empty = profile.sensor_height_mm - (profile.has_tray ? profile.tray_height_mm : 0);
  Surface surface;
  ZoneMap rough{};
  if (liver) {
    surface = Render(*liver, zone_x, zone_y);
    rough = Roughness(liver->surface_uniformity, random);
  }
  const double noise = kFrameSigmaMm / std::sqrt(static_cast<double>(profile.frames_averaged));
  const double tray_reflectance = random.Uniform(65, 80), ambient = random.Uniform(50, 200);

  quality::v1::TofFrame frame;
  for (int zone = 0; zone < kZones; ++zone) {
    const double cover = surface.cover[zone];
    const double height = surface.height[zone] + cover * rough[zone];
    const double distance = std::clamp(empty - height + random.Normal(0, noise), 20.0, 4000.0);
    double reflectance = (1 - cover) * random.Normal(tray_reflectance, 3);
    if (liver) reflectance += cover * random.Normal(liver->reflectance, liver->reflectance_sd) + surface.reflectance_change[zone];
    reflectance = std::clamp(reflectance, 0.0, 255.0);
    const double range = 100 / std::max(distance, 50.0);
    const double amplitude = reflectance / 100 * range * range * kAmplitude + random.Normal(0, 8);
    frame.add_distance_mm(static_cast<float>(std::round(distance * 4) / 4));
    frame.add_reflectance(static_cast<float>(std::round(reflectance)));
    frame.add_amplitude(static_cast<float>(std::round(std::clamp(amplitude, 0.0, 4095.0))));
    frame.add_target_status(DrawStatus(random));
    frame.add_ambient(static_cast<float>(std::round(std::clamp(random.Normal(ambient, 10), 0.0, 4095.0))));
  }
  frame.set_integration_time_ms(profile.tof_integration_time_ms);
  frame.set_sensor_temperature_c(static_cast<float>(std::round(random.Normal(25, 0.7) * 10) / 10));
  frame.set_frames_averaged(profile.frames_averaged);
  return frame;
}

}  // namespace egi::station
