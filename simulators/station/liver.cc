#include "simulators/station/liver.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace egi::station {
namespace {

using std::numbers::pi;

double Draw(const Range& range, double sd, double shift, Random& random) {
  return std::clamp(range.mean + sd * (0.8 * shift + 0.6 * random.Normal(0, 1)), range.min, range.max);
}

// Level of a quality in 0 (worst) .. 1 (best) under the weights, which run from the best level down.
int LevelOf(const Quality& quality, double rank) {
  double above = 0;
  for (int i = 0; i < kLevels; ++i) {
    above += quality[i].weight;
    if (1 - rank < above) return i;
  }
  for (int i = kLevels - 1; i > 0; --i) {
    if (quality[i].weight > 0) return i;
  }
  return 0;
}

double NormalCdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

// The spectral side of an irregular or defective product (simulators.md section 5.1).
void Spoil(ProductType type, analyse::TissueState* tissue, Random& random) {
  if (type == ProductType::kIrregular) {
    tissue->freshness *= random.Uniform(0.8, 1.0);
    tissue->fat *= random.Uniform(0.7, 0.9);
    tissue->oxidation += random.Uniform(0.0, 0.2);
  } else if (type == ProductType::kDefective) {
    tissue->freshness *= random.Uniform(0.4, 0.7);
    tissue->fat *= random.Uniform(0.3, 0.6);
    tissue->oxidation += random.Uniform(0.3, 0.6);
  }
  tissue->oxidation = std::min(1.0, tissue->oxidation);
}

// A point inside `within` of the radius of the dome, in mm.
std::pair<double, double> PointInside(const analyse::Dome& dome, double within, Random& random) {
  const double radius = within * std::sqrt(random.Unit()), turn = random.Uniform(0, 2 * pi);
  const double u = radius * std::cos(turn) * dome.a, v = radius * std::sin(turn) * dome.b;
  return {dome.x + u * std::cos(dome.angle) - v * std::sin(dome.angle),
          dome.y + u * std::sin(dome.angle) + v * std::cos(dome.angle)};
}

SurfaceDefect Bump(double x, double y, double radius_zones, double change_mm, const Profile& profile) {
  SurfaceDefect defect;
  defect.x = x;
  defect.y = y;
  defect.radius_x = radius_zones * SceneLengthMm(profile) / analyse::kSide;
  defect.radius_y = radius_zones * SceneWidthMm(profile) / analyse::kSide;
  defect.change_mm = change_mm;
  return defect;
}

SurfaceDefect Fixed(const FixedBump& bump, const Profile& profile) {
  const double x = (bump.column - 3.5) * SceneLengthMm(profile) / analyse::kSide;
  const double y = (bump.row - 3.5) * SceneWidthMm(profile) / analyse::kSide;
  return Bump(x, y, bump.radius, bump.change_mm, profile);
}

SurfaceDefect Edge(double severity, Random& random) {
  SurfaceDefect defect;
  defect.kind = SurfaceDefect::Kind::kEdge;
  defect.change_mm = 5 + 15 * severity;
  defect.angle = random.Uniform(-pi, pi);
  return defect;
}

// Random defects of irregular and defective products (simulators.md section 3.2). A class that the profile fixes is not drawn as well: 8x8 zones do not
// tell two bites of one rim apart. Discs are at most 1.5 zones wide, which is half the liver; wider ones are another shape of liver, not a defect.
void AddRandomDefects(const Profile& profile, Liver* liver, Random& random) {
  if (!profile.foreign_body && random.Chance(0.20)) {
    const auto [x, y] = PointInside(liver->dome, 0.7, random);
    liver->defects.push_back(Bump(x, y, random.Uniform(1, 1.5), -random.Uniform(10, 25), profile));
  }
  if (!profile.deformation && random.Chance(0.25)) {
    const auto [x, y] = PointInside(liver->dome, 0.5, random);
    liver->defects.push_back(Bump(x, y, random.Uniform(1, 1.5), random.Uniform(5, 15), profile));
  }
  if (!profile.edge_damage && random.Chance(0.15)) liver->defects.push_back(Edge(random.Uniform(0.3, 0.8), random));
  if (random.Chance(0.30)) {
    const auto [x, y] = PointInside(liver->dome, 0.7, random);
    SurfaceDefect patch = Bump(x, y, random.Uniform(1, 1.5), 0, profile);
    patch.kind = SurfaceDefect::Kind::kDarkPatch;
    patch.reflectance_change = -random.Uniform(20, 30);
    liver->defects.push_back(patch);
  }
}

void Shape(const Profile& profile, Liver* liver, Random& random) {
  double scale_a = 1, scale_b = 1;
  liver->reflectance_sd = 4;
  double reflectance_low = 50;
  if (liver->shape == ProductType::kIrregular) {
    scale_a = random.Uniform(0.9, 1.1);
    scale_b = random.Uniform(0.9, 1.1);
    reflectance_low = 45;
    liver->reflectance_sd = 6;
  } else if (liver->shape == ProductType::kDefective) {
    scale_a = random.Uniform(0.8, 1.0);
    scale_b = random.Uniform(0.8, 1.0);
    reflectance_low = 35;
    liver->reflectance_sd = 8;
  }
  liver->reflectance = random.Uniform(reflectance_low, 60);
  const double angle = profile.has_tray ? pi / 4 + random.Uniform(-pi / 8, pi / 8) : 0;
  liver->dome = SolveDome(profile, liver->volume_mm3, scale_a, scale_b, angle);
}

}  // namespace

double SceneLengthMm(const Profile& profile) { return profile.has_tray ? profile.tray_length_mm : profile.length_mm; }
double SceneWidthMm(const Profile& profile) { return profile.has_tray ? profile.tray_width_mm : profile.width_mm; }

analyse::Dome SolveDome(const Profile& profile, double volume_mm3, double scale_a, double scale_b, double angle) {
  constexpr double kLowest = 45, kHighest = 60, kRim = 3;  // mm
  analyse::Dome dome;
  dome.angle = angle;
  dome.a = profile.length_mm * (1 - profile.margin_percent / 100) / 2 * scale_a;
  dome.b = profile.width_mm * (1 - profile.margin_percent / 100) / 2 * scale_b;
  const auto height = [&] { return 1.5 * volume_mm3 / (pi * dome.a * dome.b); };
  double growth = std::sqrt(height() / std::clamp(height(), kLowest, kHighest));
  const double c = std::cos(angle), s = std::sin(angle);
  const double reach_x = std::hypot(dome.a * c, dome.b * s), reach_y = std::hypot(dome.a * s, dome.b * c);
  growth = std::min({growth, (SceneLengthMm(profile) / 2 - kRim) / reach_x, (SceneWidthMm(profile) / 2 - kRim) / reach_y});
  dome.a *= growth;
  dome.b *= growth;
  dome.height = height();
  return dome;
}

LotTraits DrawLot(const Profile& profile, const std::string& code_lot, double expected_mass_g, uint64_t seed, double sigma) {
  LotTraits lot;
  lot.mass_cv = sigma;
  lot.mean_mass_g = expected_mass_g > 0 ? expected_mass_g : profile.mean_mass_g * profile.mass_factor;
  if (code_lot.empty()) return lot;
  Random random(seed, "lot " + code_lot, 0);
  lot.mean_mass_g *= std::clamp(random.Normal(1, 0.03), 0.9, 1.1);
  lot.quality_shift = random.Normal(0, 1);
  lot.quality_share = 0.1;
  return lot;
}

Liver DrawLiver(const Profile& profile, const LotTraits& lot, Random& random) {
  Liver liver;
  const double own = random.Normal(0, 1);
  const double latent = std::sqrt(lot.quality_share) * lot.quality_shift + std::sqrt(1 - lot.quality_share) * own;
  liver.level = LevelOf(profile.quality, NormalCdf(latent));
  const QualityLevel& level = profile.quality[liver.level];
  liver.shape = std::max(profile.type, liver.level == 4   ? ProductType::kDefective
                                       : liver.level == 3 ? ProductType::kIrregular
                                                          : ProductType::kNormal);
  const double shift = random.Normal(0, 1);  // inside the level, shared by both sensors
  liver.tissue.freshness = Draw(level.freshness, 0.08, shift, random);
  liver.tissue.fat = Draw(level.fat_quality, 0.08, shift, random);
  liver.tissue.oxidation = Draw(level.oxidation_level, 0.08, -shift, random);
  liver.surface_uniformity = Draw(level.surface_uniformity, 0.04, shift, random);
  liver.thickness_variation_mm = Draw(level.thickness_variation, 0.5, -shift, random);
  liver.temperature_c = Draw(level.temperature, 1.5, 0, random);
  liver.ambient_light = Draw(level.ambient_light, 15, 0, random);
  Spoil(profile.type, &liver.tissue, random);

  liver.mass_g = lot.mean_mass_g * std::clamp(1 + (lot.mass_cv > 0 ? lot.mass_cv : profile.mass_cv) * random.Normal(0, 1), 0.45, 1.6);
  liver.volume_mm3 = liver.mass_g / kLiverDensity * 1000;
  Shape(profile, &liver, random);
  if (liver.shape != ProductType::kNormal) AddRandomDefects(profile, &liver, random);
  if (profile.foreign_body) liver.defects.push_back(Fixed(*profile.foreign_body, profile));
  if (profile.deformation) liver.defects.push_back(Fixed(*profile.deformation, profile));
  if (profile.edge_damage) liver.defects.push_back(Edge(*profile.edge_damage, random));
  return liver;
}

}  // namespace egi::station
