// One frame of the VL53L8CH in physical units, zones row by row as the scene lies.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_TOF_FRAME_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_TOF_FRAME_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace egi::station::firmware {

inline constexpr int kZones = 64;

struct RawFrame {
  uint8_t stream_count = 0;
  int temperature_c = 0;
  std::array<double, kZones> distance_mm{};     // >= 0
  std::array<double, kZones> sigma_mm{};
  std::array<double, kZones> signal_kcps{};     // per SPAD
  std::array<double, kZones> ambient_kcps{};    // per SPAD
  std::array<double, kZones> reflectance_pct{};
  std::array<uint8_t, kZones> status{};         // target status, UM3109
  std::array<uint8_t, kZones> targets{};
  std::array<uint32_t, kZones> spads{};
};

// Decodes a frame as it crosses the bus. Errors: DATA_LOSS (header and footer disagree, a block is missing or runs over the end).
absl::StatusOr<RawFrame> DecodeFrame(std::vector<uint8_t> bytes);

// Reverses the bytes of every 32-bit word.
void SwapWords(std::vector<uint8_t>* bytes);

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_TOF_FRAME_H_
