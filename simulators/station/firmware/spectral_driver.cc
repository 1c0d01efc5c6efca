#include "simulators/station/firmware/spectral_driver.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace egi::station::firmware {
namespace {

namespace part = as7341;

constexpr int kAtime = 29;  // recommended with ASTEP 599 for 50 ms
constexpr int kLedMa = 20;
constexpr absl::Duration kGrace = absl::Milliseconds(150);
constexpr absl::Duration kPollPause = absl::Milliseconds(2);

#define RETURN_IF_ERROR(expression) \
  if (absl::Status status = (expression); !status.ok()) return status

}  // namespace

absl::Status SpectralDriver::WriteByte(uint8_t index, uint8_t value) {
  const std::array<uint8_t, 2> bytes = {index, value};
  return transfers_.Write(part::kAddress, bytes.data(), bytes.size());
}

absl::Status SpectralDriver::Read(uint8_t index, uint8_t* bytes, size_t count) {
  return transfers_.WriteRead(part::kAddress, &index, 1, bytes, count);
}

absl::Status SpectralDriver::Boot() {
  uint8_t id = 0;
  RETURN_IF_ERROR(Read(part::kId, &id, 1));
  if (id >> 2 != part::kIdValue >> 2) {
    return absl::NotFoundError(absl::StrFormat("AS7341 expected at 0x%02X (identity 0x09), 0x%02X found", part::kAddress, id >> 2));
  }
  return WriteByte(part::kEnable, part::kPowerOn);
}

absl::Status SpectralDriver::SetLed(bool on) {
  RETURN_IF_ERROR(WriteByte(part::kCfg0, part::kRegBank));
  RETURN_IF_ERROR(WriteByte(part::kConfig, on ? part::kLedSelect : 0));
  RETURN_IF_ERROR(WriteByte(part::kLed, static_cast<uint8_t>((on ? part::kLedOn : 0) | (kLedMa - 4) / 2)));
  return WriteByte(part::kCfg0, 0);
}

absl::Status SpectralDriver::Pass(const part::SmuxMap& map, absl::Duration integration, std::array<uint16_t, part::kAdcs>* data,
                                  bool* saturated) {
  RETURN_IF_ERROR(WriteByte(part::kEnable, part::kPowerOn));
  RETURN_IF_ERROR(WriteByte(part::kCfg6, part::kSmuxWrite));
  std::array<uint8_t, part::kSmuxBytes + 1> matrix{};
  std::copy(map.begin(), map.end(), matrix.begin() + 1);
  RETURN_IF_ERROR(transfers_.Write(part::kAddress, matrix.data(), matrix.size()));
  RETURN_IF_ERROR(WriteByte(part::kEnable, part::kPowerOn | part::kSmuxOn));
  RETURN_IF_ERROR(WriteByte(part::kEnable, part::kPowerOn | part::kSpectralOn));
  clock_.Wait(integration);
  const absl::Duration deadline = clock_.Uptime() + kGrace;
  for (;;) {
    uint8_t status2 = 0;
    RETURN_IF_ERROR(Read(part::kStatus2, &status2, 1));
    if ((status2 & part::kValid) != 0) {
      *saturated = *saturated || (status2 & (part::kDigitalSaturation | part::kAnalogSaturation)) != 0;
      break;
    }
    if (clock_.Uptime() >= deadline) return absl::DeadlineExceededError("AS7341: no data in time");
    clock_.Wait(kPollPause);
  }
  std::array<uint8_t, 1 + 2 * part::kAdcs> bytes{};  // ASTATUS latches what follows
  RETURN_IF_ERROR(Read(part::kAStatus, bytes.data(), bytes.size()));
  for (size_t i = 0; i < part::kAdcs; ++i) (*data)[i] = static_cast<uint16_t>(bytes[1 + 2 * i] | bytes[2 + 2 * i] << 8);
  return WriteByte(part::kEnable, part::kPowerOn);
}

absl::StatusOr<Spectrum> SpectralDriver::Measure(int integration_ms, double gain) {
  const auto code = std::find(part::kGainFactor.begin(), part::kGainFactor.end(), gain);
  if (code == part::kGainFactor.end()) return absl::InvalidArgumentError(absl::StrCat("AS7341 has no gain of ", gain));
  const int astep = static_cast<int>(std::ceil(integration_ms * 1000 / part::kStepMicroseconds / (kAtime + 1))) - 1;
  const absl::Duration integration = absl::Microseconds((kAtime + 1) * (astep + 1) * part::kStepMicroseconds);
  RETURN_IF_ERROR(WriteByte(part::kAtime, kAtime));
  RETURN_IF_ERROR(WriteByte(part::kAstepLow, static_cast<uint8_t>(astep)));
  RETURN_IF_ERROR(WriteByte(part::kAstepHigh, static_cast<uint8_t>(astep >> 8)));
  RETURN_IF_ERROR(SetLed(true));
  Spectrum spectrum;
  for (int step = static_cast<int>(code - part::kGainFactor.begin());; --step, ++spectrum.attempts) {
    RETURN_IF_ERROR(WriteByte(part::kCfg1, static_cast<uint8_t>(step)));
    std::array<uint16_t, part::kAdcs> low{}, high{};
    spectrum.saturated = false;
    RETURN_IF_ERROR(Pass(part::kSmuxLow, integration, &low, &spectrum.saturated));
    RETURN_IF_ERROR(Pass(part::kSmuxHigh, integration, &high, &spectrum.saturated));
    if (spectrum.saturated && step > 0) continue;
    spectrum.gain = part::kGainFactor[static_cast<size_t>(step)];
    const auto set = [&spectrum](part::Band band, double counts) { spectrum.counts[static_cast<size_t>(band)] = counts; };
    for (size_t i = 0; i < 4; ++i) {
      spectrum.counts[i] = low[i];
      spectrum.counts[4 + i] = high[i];
    }
    set(part::Band::kClear, std::round((low[4] + high[4]) / 2.0));  // both passes see them
    set(part::Band::kNir, std::round((low[5] + high[5]) / 2.0));
    break;
  }
  RETURN_IF_ERROR(SetLed(false));
  return spectrum;
}

}  // namespace egi::station::firmware
