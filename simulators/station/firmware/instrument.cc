#include "simulators/station/firmware/instrument.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "simulators/station/firmware/frame_average.h"
#include "simulators/station/vl53l8ch/registers.h"

namespace egi::station::firmware {
namespace {

constexpr int kFastestHertz = 15;  // at 8x8
constexpr absl::Duration kFrameTimeout = absl::Milliseconds(150);

}  // namespace

absl::Status Instrument::Boot() {
  // An empty write asks whether somebody acknowledges.
  for (const auto& [address, name] : {std::pair{vl53l8ch::kAddress, "VL53L8CH"}, std::pair{as7341::kAddress, "AS7341"}}) {
    if (transfers_.Write(address, nullptr, 0).ok()) continue;
    return absl::NotFoundError(absl::StrCat("no ", name, " on the I2C bus: check its cable and supply"));
  }
  if (absl::Status status = tof_.Boot(); !status.ok()) return status;
  return spectral_.Boot();
}

absl::Status Instrument::MeasureTof(const Settings& settings, Reading* reading) {
  const int hertz = std::clamp(1000 / std::max(1, settings.tof_integration_time_ms), 1, kFastestHertz);
  const absl::Duration timeout = std::max(kFrameTimeout, 2 * absl::Seconds(1) / hertz);
  if (absl::Status status = tof_.Start(hertz, settings.tof_integration_time_ms); !status.ok()) return status;
  FrameAverage average;
  for (int lost = 0; average.frames() < settings.frames_averaged;) {
    const absl::StatusOr<RawFrame> frame = tof_.NextFrame(timeout);
    if (frame.ok()) {
      average.Add(*frame);
    } else if (++lost > 1 + settings.frames_averaged / 10) {
      tof_.Stop().IgnoreError();
      return absl::DataLossError(absl::StrCat(lost, " frames lost, last: ", std::string(frame.status().message())));
    }
  }
  reading->tof = average.Mean(settings.distance_offset_mm);
  reading->tof.set_integration_time_ms(settings.tof_integration_time_ms);
  if (settings.histogram_bins > 0) {
    auto histograms = tof_.ReadHistograms(settings.histogram_bins, settings.histogram_bin_mm);
    if (!histograms.ok()) return histograms.status();
    reading->histograms = *std::move(histograms);
  }
  return tof_.Stop();
}

absl::Status Instrument::MeasureSpectrum(const Settings& settings, Reading* reading) {
  const absl::StatusOr<Spectrum> spectrum = spectral_.Measure(settings.spectral_integration_time_ms, settings.spectral_gain);
  if (!spectrum.ok()) return spectrum.status();
  const auto counts = [&spectrum](as7341::Band band) { return spectrum->counts[static_cast<size_t>(band)]; };
  quality::v1::SpectralChannels* channels = reading->spectral.mutable_channels();
  channels->set_f1_415nm(counts(as7341::Band::kF1));
  channels->set_f2_445nm(counts(as7341::Band::kF2));
  channels->set_f3_480nm(counts(as7341::Band::kF3));
  channels->set_f4_515nm(counts(as7341::Band::kF4));
  channels->set_f5_555nm(counts(as7341::Band::kF5));
  channels->set_f6_590nm(counts(as7341::Band::kF6));
  channels->set_f7_630nm(counts(as7341::Band::kF7));
  channels->set_f8_680nm(counts(as7341::Band::kF8));
  channels->set_nir(counts(as7341::Band::kNir));
  channels->set_clear(counts(as7341::Band::kClear));
  reading->spectral.set_integration_time_ms(settings.spectral_integration_time_ms);
  reading->spectral.set_gain(static_cast<float>(spectrum->gain));
  reading->spectral_attempts = spectrum->attempts;
  reading->saturated = spectrum->saturated;
  return absl::OkStatus();
}

absl::StatusOr<Reading> Instrument::Measure(const Settings& settings) {
  Reading reading;
  absl::Status status = MeasureTof(settings, &reading);
  if (status.ok()) status = MeasureSpectrum(settings, &reading);
  if (status.ok()) return reading;
  ++failures_;
  return status;
}

}  // namespace egi::station::firmware
