#include "simulators/station/spectrum.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace egi::station {

quality::v1::SpectralReading ReadSpectrum(const Liver& liver, const Profile& profile, Random& random) {
  const double full_scale = std::min(65535.0, std::floor(profile.integration_time_ms / 0.00278));
  const double warmth = 1 + (liver.temperature_c - 25) * 0.001;
  const double exposure = profile.gain * profile.integration_time_ms / 100.0;
  std::array<double, analyse::kChannels> counts;
  for (int i = 0; i < analyse::kChannels; ++i) {
    double count = analyse::ModelCount(i, liver.tissue) * warmth;
    if (i == analyse::kClear) count += liver.ambient_light;
    counts[i] = std::clamp(std::round(count * exposure + random.Normal(0, profile.noise_std)), 0.0, full_scale);
  }
  quality::v1::SpectralReading reading;
  quality::v1::SpectralChannels* channels = reading.mutable_channels();
  channels->set_f1_415nm(counts[0]);
  channels->set_f2_445nm(counts[1]);
  channels->set_f3_480nm(counts[2]);
  channels->set_f4_515nm(counts[3]);
  channels->set_f5_555nm(counts[4]);
  channels->set_f6_590nm(counts[5]);
  channels->set_f7_630nm(counts[6]);
  channels->set_f8_680nm(counts[7]);
  channels->set_nir(counts[8]);
  channels->set_clear(counts[analyse::kClear]);
  reading.set_integration_time_ms(profile.integration_time_ms);
  reading.set_gain(static_cast<float>(profile.gain));
  return reading;
}

}  // namespace egi::station
