// One liver as it is, before any sensor looks at it: both sensors derive from the same hidden truth.
#ifndef EGI_SIMULATORS_STATION_LIVER_H_
#define EGI_SIMULATORS_STATION_LIVER_H_

#include <string>
#include <vector>

#include "server/analyse/dome.h"
#include "server/analyse/spectral.h"
#include "simulators/station/profile.h"
#include "simulators/station/random.h"

namespace egi::station {

// g/cm3 at 20 degrees Celsius (Int. J. Food Prop. 2016).
inline constexpr double kLiverDensity = 0.947;

// What the livers of one lot have in common.
struct LotTraits {
  double mean_mass_g = 530;
  double mass_cv = 0;        // Sigma of the lot: standard deviation / mean of its livers; 0 = the profile's
  double quality_shift = 0;  // standard deviations; positive is better
  double quality_share = 0;  // share of the variance of quality that lies between lots, 0..1
};

// A disturbance of the surface.
struct SurfaceDefect {
  enum class Kind { kBump, kEdge, kDarkPatch } kind = Kind::kBump;
  double x = 0, y = 0;        // mm from the centre of the tray
  double radius_x = 0, radius_y = 0;  // mm
  double change_mm = 0;       // of the distance (bump, edge)
  double angle = 0;           // radians; middle of the damaged rim (edge)
  double reflectance_change = 0;  // dark patch
};

struct Liver {
  double mass_g = 0;
  double volume_mm3 = 0;
  int level = 0;               // index of kLevelNames
  ProductType shape = ProductType::kNormal;
  analyse::TissueState tissue;
  double temperature_c = 20;
  double ambient_light = 100;
  double surface_uniformity = 0.9;
  double thickness_variation_mm = 1;
  double reflectance = 55, reflectance_sd = 4;
  analyse::Dome dome;          // height over the tray
  std::vector<SurfaceDefect> defects;
};

// Traits of a lot: mean mass from `expected_mass_g` (or the profile's when 0) with a spread of 3 % between lots, spread inside it from `sigma` (0 = the
// profile's); without a code, the profile's own.
LotTraits DrawLot(const Profile& profile, const std::string& code_lot, double expected_mass_g, uint64_t seed, double sigma = 0);

// Draws a liver.
Liver DrawLiver(const Profile& profile, const LotTraits& lot, Random& random);

// Length and width of the area the sensor looks at: the tray, or the product when there is none; mm.
double SceneLengthMm(const Profile& profile);
double SceneWidthMm(const Profile& profile);

// Solves the dome of a volume: base from the product's size, height preferably 45 to 60 mm (the base grows or shrinks), inside the tray.
analyse::Dome SolveDome(const Profile& profile, double volume_mm3, double scale_a, double scale_b, double angle);

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_LIVER_H_
