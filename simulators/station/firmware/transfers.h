// Transfers on an I2C bus, tried again when they are not acknowledged.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_TRANSFERS_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_TRANSFERS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "simulators/station/i2c/port.h"

namespace egi::station::firmware {

// Not thread-safe. The port must live longer.
class Transfers {
 public:
  static constexpr int kRetries = 3;

  explicit Transfers(i2c::Port& port) : port_(port) {}

  // Errors: UNAVAILABLE (refused 1 + kRetries times in a row).
  absl::Status Write(i2c::Address address, const uint8_t* bytes, size_t count);
  absl::Status WriteRead(i2c::Address address, const uint8_t* index, size_t index_count, uint8_t* bytes, size_t count);

  // Refused transfers, and those given up after the retries.
  int64_t nacks() const { return nacks_; }
  int64_t given_up() const { return given_up_; }

 private:
  template <typename Transfer>
  absl::Status Try(const Transfer& transfer);

  i2c::Port& port_;
  int64_t nacks_ = 0;
  int64_t given_up_ = 0;
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_TRANSFERS_H_
