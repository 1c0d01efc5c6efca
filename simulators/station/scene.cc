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

constexpr double kNearestMm = 20;  // the part sees nothing nearer
constexpr double kUsualLight = 100;  // counts added to Clear
constexpr double kKlxPerLight = 0.0025;  // assumption: a lit hall of 250 lx adds 100 counts
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
uint8_t DrawStatus(Random& random) {
  const double draw = random.Unit();
  return draw < 0.002 ? vl53l8ch::kStatusNoWrapCheck : draw < 0.004 ? vl53l8ch::kStatusLargePulse : vl53l8ch::kStatusValid;
}

// True where something sharper than the liver's own surface sticks out.
bool HasForeignBody(const Liver& liver, double x, double y) {
  return std::any_of(liver.defects.begin(), liver.defects.end(), [x, y](const SurfaceDefect& defect) {
    return defect.kind == SurfaceDefect::Kind::kBump && defect.change_mm < 0 &&
           std::hypot((x - defect.x) / defect.radius_x, (y - defect.y) / defect.radius_y) < 1;
  });
}

}  // namespace

vl53l8ch::Target ShowToTof(const std::optional<Liver>& liver, const Profile& profile, Random& random) {
  const double zone_x = SceneLengthMm(profile) / kSide, zone_y = SceneWidthMm(profile) / kSide;
  const double empty = profile.sensor_height_mm - (profile.has_tray ? profile.tray_height_mm : 0);
  Surface surface;
  ZoneMap rough{};
  if (liver) {
    surface = Render(*liver, zone_x, zone_y);
    rough = Roughness(liver->surface_uniformity, random);
  }
  const double light = liver ? liver->ambient_light : kUsualLight;
  const double tray_reflectance = random.Uniform(65, 80), ambient = random.Uniform(50, 200) * light / kUsualLight;

  vl53l8ch::Target target;
  target.light_klx = light * kKlxPerLight;
  // The part warms itself by 5 degrees over a room of 20.
  target.sensor_temperature_c = random.Normal(25, 0.7) + (liver ? liver->temperature_c - 20 : 0);
  for (int zone = 0; zone < kZones; ++zone) {
    vl53l8ch::ZoneTarget& seen = target.zones[static_cast<size_t>(zone)];
    const double cover = surface.cover[zone];
    const double height = surface.height[zone] + cover * rough[zone];
    seen.distance_mm = std::max(kNearestMm, empty - height);
    double reflectance = (1 - cover) * random.Normal(tray_reflectance, 3);
    if (liver) reflectance += cover * random.Normal(liver->reflectance, liver->reflectance_sd) + surface.reflectance_change[zone];
    seen.reflectance_percent = std::clamp(reflectance, 0.0, 127.0);
    seen.ambient_kcps = std::clamp(random.Normal(ambient, 10), 0.0, 4095.0);
    seen.status = DrawStatus(random);
    seen.foreign_body = liver && HasForeignBody(*liver, (zone % kSide - 3.5) * zone_x, (zone / kSide - 3.5) * zone_y);
  }
  return target;
}

as7341::Light ShowToSpectral(const Liver& liver) {
  as7341::Light light;
  const double warmth = 1 + (liver.temperature_c - 25) * 0.001;
  for (size_t i = 0; i < as7341::kBands; ++i) {
    // as7341::Band and analyse::kChannelNames name the bands in the same order: F1 to F8, NIR, Clear.
    light.from_led[i] = analyse::ModelCount(static_cast<int>(i), liver.tissue) * warmth;
  }
  light.ambient[static_cast<size_t>(as7341::Band::kClear)] = liver.ambient_light;
  return light;
}

}  // namespace egi::station
