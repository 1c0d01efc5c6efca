#include "simulators/station/firmware/transfers.h"

namespace egi::station::firmware {

template <typename Transfer>
absl::Status Transfers::Try(const Transfer& transfer) {
  absl::Status status;
  for (int i = 0; i <= kRetries; ++i) {
    status = transfer();
    if (status.ok()) return status;
    ++nacks_;
  }
  ++given_up_;
  return status;
}

absl::Status Transfers::Write(i2c::Address address, const uint8_t* bytes, size_t count) {
  return Try([&] { return port_.Write(address, bytes, count); });
}

absl::Status Transfers::WriteRead(i2c::Address address, const uint8_t* index, size_t index_count, uint8_t* bytes, size_t count) {
  return Try([&] { return port_.WriteRead(address, index, index_count, bytes, count); });
}

}  // namespace egi::station::firmware
