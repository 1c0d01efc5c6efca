#include "simulators/station/reference.h"

#include <numbers>

#include "server/analyse/spectral.h"

namespace egi::station {

Liver GoldenSample(const Profile& profile) {
  Liver liver;
  liver.volume_mm3 = kGoldenVolumeMm3;
  liver.mass_g = kGoldenVolumeMm3 / 1000 * kLiverDensity;
  liver.surface_uniformity = 1;
  liver.thickness_variation_mm = 0;
  liver.dome = SolveDome(profile, liver.volume_mm3, 1, 1, profile.has_tray ? std::numbers::pi / 4 : 0);
  return liver;
}

as7341::Light WhiteTile() {
  as7341::Light light;
  const analyse::SpectralModel model;
  // as7341::Band and analyse::kChannelNames name the bands in the same order: F1 to F8, NIR, Clear.
  for (size_t i = 0; i < as7341::kBands; ++i) light.from_led[i] = model.channels[i].white;
  return light;
}

}  // namespace egi::station
