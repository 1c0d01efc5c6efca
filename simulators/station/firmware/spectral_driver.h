// Driver of the AS7341: two passes of the switch matrix give ten channels; a saturated reading is taken again with less gain. Knows registers only.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_SPECTRAL_DRIVER_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_SPECTRAL_DRIVER_H_

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "simulators/station/as7341/registers.h"
#include "simulators/station/firmware/clock.h"
#include "simulators/station/firmware/transfers.h"

namespace egi::station::firmware {

// Counts of the ten bands (order of as7341::Band) and how they were taken.
struct Spectrum {
  std::array<double, as7341::kBands> counts{};
  double gain = 0;            // factor that was used
  bool saturated = false;     // even at the lowest gain
  int attempts = 1;           // readings taken, the last one told
};

// Not thread-safe. Transfers and clock must live longer.
class SpectralDriver {
 public:
  SpectralDriver(Transfers& transfers, Clock& clock) : transfers_(transfers), clock_(clock) {}

  // Checks the identity and powers the part. Errors: UNAVAILABLE (bus), NOT_FOUND (another part answers).
  absl::Status Boot();
  // Integrates `integration_ms` (1..1000) at a gain factor of as7341::kGainFactor, under the LED; lowers the gain step by step while a channel is saturated.
  // Errors: INVALID_ARGUMENT (gain), DEADLINE_EXCEEDED (no data), those of the bus.
  absl::StatusOr<Spectrum> Measure(int integration_ms, double gain);

 private:
  absl::Status WriteByte(uint8_t index, uint8_t value);
  absl::Status Read(uint8_t index, uint8_t* bytes, size_t count);
  absl::Status SetLed(bool on);
  // Connects the photodiodes, integrates and reads the six converters; *saturated is set, never cleared.
  absl::Status Pass(const as7341::SmuxMap& map, absl::Duration integration, std::array<uint16_t, as7341::kAdcs>* data, bool* saturated);

  Transfers& transfers_;
  Clock& clock_;
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_SPECTRAL_DRIVER_H_
