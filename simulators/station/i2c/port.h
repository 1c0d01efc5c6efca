// What a driver sees of an I2C bus: addresses and bytes, nothing of what hangs on it.
#ifndef EGI_SIMULATORS_STATION_I2C_PORT_H_
#define EGI_SIMULATORS_STATION_I2C_PORT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace egi::station::i2c {

// 7-bit address, 0x08..0x77 (the others are reserved by the I2C specification, UM10204 section 3.1.12).
using Address = uint8_t;
inline constexpr Address kFirstAddress = 0x08, kLastAddress = 0x77;

// The master's side of a bus. Not thread-safe.
class Port {
 public:
  virtual ~Port() = default;
  // One write transfer: start, address, bytes, stop. Errors: UNAVAILABLE (not acknowledged; nothing reached the device).
  virtual absl::Status Write(Address address, const uint8_t* bytes, size_t count) = 0;
  // A write of `index_count` bytes and, after a repeated start, a read of `count` bytes. Errors: as Write; `bytes` is then unchanged.
  virtual absl::Status WriteRead(Address address, const uint8_t* index, size_t index_count, uint8_t* bytes, size_t count) = 0;
};

// Addresses that acknowledge, ascending. Each is asked up to `attempts` times, since any transfer may be disturbed.
std::vector<Address> Scan(Port& port, int attempts = 4);

}  // namespace egi::station::i2c

#endif  // EGI_SIMULATORS_STATION_I2C_PORT_H_
