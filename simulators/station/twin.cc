#include "simulators/station/twin.h"

#include <algorithm>
#include <utility>

#include "simulators/station/reference.h"
#include "simulators/station/scene.h"

namespace egi::station {

firmware::Settings SettingsOf(const Profile& profile) {
  firmware::Settings settings;
  settings.frames_averaged = profile.frames_averaged;
  settings.tof_integration_time_ms = profile.tof_integration_time_ms;
  settings.spectral_integration_time_ms = profile.integration_time_ms;
  settings.spectral_gain = profile.gain;
  settings.histogram_bins = profile.twin.include_bins ? profile.analysis.tof_setup.n_bins : 0;
  settings.histogram_bin_mm = profile.analysis.tof_setup.bin_size_mm;
  return settings;
}

Twin::Twin(const HardwareState& hardware, std::function<void(absl::Duration)> on_wait)
    : hardware_(hardware),
      clock_(time_, std::move(on_wait)),
      bus_({.nack_probability = hardware.nack_probability}, time_),
      tof_({.bias_mm = hardware.tof_bias_mm}, time_),
      spectral_({.lamp = hardware.lamp}, time_),
      instrument_(bus_, clock_) {
  bus_.Attach(vl53l8ch::kAddress, &tof_);
  bus_.Attach(as7341::kAddress, &spectral_);
}

absl::Status Twin::Boot() { return instrument_.Boot(); }

absl::StatusOr<firmware::Reading> Twin::Measure(const std::optional<Liver>& liver, const Profile& profile, const firmware::Settings& settings,
                                                Random noise) {
  return Look(liver, liver ? ShowToSpectral(*liver) : as7341::Light{}, profile, settings, noise);
}

absl::StatusOr<firmware::Reading> Twin::MeasureWhiteTile(const Profile& profile, const firmware::Settings& settings, Random noise) {
  return Look(std::nullopt, WhiteTile(), profile, settings, noise);
}

absl::StatusOr<firmware::Reading> Twin::Look(const std::optional<Liver>& liver, const as7341::Light& light, const Profile& profile,
                                             const firmware::Settings& settings, Random noise) {
  const double hundreds = static_cast<double>(measurements_++) / 100;
  tof_.SetBias(hardware_.tof_bias_mm + hardware_.tof_drift_mm * hundreds);
  const TwinDefaults& drawing = profile.twin;
  tof_.SetHistogram({drawing.multi_echo_prob, drawing.reflectance_threshold, drawing.noise_factor_low_reflect, drawing.noise_factor_high_reflect});
  spectral_.SetLamp(hardware_.lamp * std::max(0.0, 1 - hardware_.lamp_loss_pct / 100 * hundreds));
  tof_.Face(ShowToTof(liver, profile, noise), Random(noise.Bits()));
  spectral_.SetNoise(profile.noise_std);
  spectral_.Face(light, Random(noise.Bits()));
  bus_.Reseed(Random(noise.Bits()));
  return instrument_.Measure(settings);
}

}  // namespace egi::station
