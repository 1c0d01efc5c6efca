#include "simulators/station/as7341/sensor.h"

#include <algorithm>
#include <cmath>

namespace egi::station::as7341 {
namespace {

// A place in the switch matrix: which photodiode the number of a converter (1 to 6, 0 = none) stands for.
struct Place {
  int byte;
  bool high_nibble;
  Band band;
};

// Every F channel has a left and a right photodiode, Clear two, NIR one (SMUX application note).
constexpr Place kPlaces[] = {
    {0x00, true, Band::kF3},    {0x01, false, Band::kF1},  {0x03, true, Band::kF8},  {0x04, false, Band::kF6}, {0x05, true, Band::kF4},
    {0x05, false, Band::kF2},   {0x06, true, Band::kF5},   {0x07, false, Band::kF7}, {0x08, true, Band::kClear}, {0x09, true, Band::kF5},
    {0x0A, false, Band::kF7},   {0x0C, true, Band::kF2},   {0x0D, false, Band::kF4}, {0x0E, true, Band::kF6},  {0x0E, false, Band::kF8},
    {0x0F, true, Band::kF3},    {0x10, false, Band::kF1},  {0x11, true, Band::kClear}, {0x13, false, Band::kNir}};

int Diodes(Band band) { return band == Band::kNir ? 1 : 2; }

}  // namespace

void Sensor::Face(const Light& light, Random noise) {
  light_ = light;
  noise_ = noise;
  converted_ = false;
}

int Sensor::Steps() const {
  const int astep = registers_[kAstepLow] | registers_[kAstepHigh] << 8;
  // ATIME and ASTEP both 0 is forbidden: nothing is integrated.
  return registers_[kAtime] == 0 && astep == 0 ? 0 : (registers_[kAtime] + 1) * (astep + 1);
}

absl::Duration Sensor::Integration() const { return absl::Microseconds(Steps() * kStepMicroseconds); }

void Sensor::OnWrite(const uint8_t* bytes, size_t count) {
  index_ = bytes[0];
  for (size_t i = 1; i < count; ++i) WriteByte(index_++, bytes[i]);
}

void Sensor::WriteByte(uint8_t index, uint8_t value) {
  if (index < kSmuxBytes) {
    smux_ram_[index] = value;
    return;
  }
  if (index >= 0x60 && index <= kLed) {
    if ((registers_[kCfg0] & kRegBank) != 0) banked_[index] = value;
    return;
  }
  if (index == kEnable) {
    if ((value & kPowerOn) == 0) value = 0;
    if ((value & kSmuxOn) != 0) {
      if (registers_[kCfg6] == kSmuxWrite) smux_ = smux_ram_;
      value = static_cast<uint8_t>(value & ~kSmuxOn);  // the part clears the bit when the matrix is set
    }
    const bool was_on = (registers_[kEnable] & kSpectralOn) != 0, is_on = (value & kSpectralOn) != 0;
    if (is_on && !was_on) done_time_ = time_.now() + Integration();
    if (is_on != was_on) converted_ = false;
    integrating_ = is_on && Steps() > 0;
  }
  if (index != kId && index != kAStatus && index != kStatus2 && (index < kData || index > 0xA0)) registers_[index] = value;
}

void Sensor::Convert() {
  if (converted_ || !Done()) return;
  converted_ = true;
  saturation_ = 0;
  const int code = std::min<int>(registers_[kCfg1] & 0x1F, kGainCodes - 1);
  const double gain = kTypicalRatioTo64[static_cast<size_t>(code)] * 64;
  const double exposure = gain * absl::ToDoubleMilliseconds(Integration()) / 100;
  const int full_scale = FullScale(registers_[kAtime], registers_[kAstepLow] | registers_[kAstepHigh] << 8);
  const bool led = (banked_[kConfig] & kLedSelect) != 0 && (banked_[kLed] & kLedOn) != 0;
  const double lamp = led ? options_.lamp * (4 + 2 * (banked_[kLed] & 0x7F)) / kReferenceLedMa : 0;
  const double dark = options_.dark_counts * gain / 512 * absl::ToDoubleMilliseconds(Integration()) / 98;
  std::array<double, kAdcs> rates{};  // counts per unit of gain and 100 ms
  for (const Place& place : kPlaces) {
    const int adc = (place.high_nibble ? smux_[static_cast<size_t>(place.byte)] >> 4 : smux_[static_cast<size_t>(place.byte)] & 0x0F) - 1;
    if (adc < 0 || adc >= kAdcs) continue;
    const auto band = static_cast<size_t>(place.band);
    rates[static_cast<size_t>(adc)] += (light_.from_led[band] * lamp + light_.ambient[band]) / Diodes(place.band);
  }
  const double noise = std::hypot(options_.noise_counts, options_.noise_share * full_scale);
  for (size_t i = 0; i < kAdcs; ++i) {
    const double counts = rates[i] * exposure + dark + noise_.Normal(0, noise);
    if (counts >= full_scale) saturation_ |= kDigitalSaturation;
    if (counts >= options_.analog_limit * Steps()) saturation_ |= kAnalogSaturation;
    data_[i] = static_cast<uint16_t>(std::clamp(std::round(counts), 0.0, static_cast<double>(full_scale)));
  }
}

void Sensor::Latch() {
  Convert();
  latched_ = data_;
}

uint8_t Sensor::ReadByte(uint8_t index) {
  if (index >= 0x60 && index <= kLed) return (registers_[kCfg0] & kRegBank) != 0 ? banked_[index] : 0;
  if (index == kId) return kIdValue;
  if (index == kAStatus) {
    Latch();
    return static_cast<uint8_t>((saturation_ != 0 ? 0x80 : 0) | (registers_[kCfg1] & 0x0F));
  }
  if (index >= kData && index <= 0xA0) {
    const uint16_t value = latched_[static_cast<size_t>(index - kData) / 2];
    return static_cast<uint8_t>((index - kData) % 2 == 0 ? value : value >> 8);
  }
  if (index == kStatus2) {
    Convert();
    return converted_ ? static_cast<uint8_t>(kValid | saturation_) : 0;
  }
  return registers_[index];
}

void Sensor::OnRead(uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) bytes[i] = ReadByte(index_++);
}

}  // namespace egi::station::as7341
