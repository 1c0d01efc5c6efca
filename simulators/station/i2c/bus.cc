#include "simulators/station/i2c/bus.h"

#include "absl/strings/str_format.h"

namespace egi::station::i2c {

Device* Bus::Acknowledged(Address address, size_t bytes, absl::Status* status) {
  ++transfers_;
  Device* device = devices_[address & 0x7F];
  const bool disturbed = device != nullptr && disturbances_.Chance(options_.nack_probability);
  // A transfer that is not acknowledged ends after its address byte.
  const size_t bytes_moved = device == nullptr || disturbed ? 1 : bytes + 1;
  time_.Advance(absl::Nanoseconds(static_cast<int64_t>(bytes_moved) * 9'000'000'000 / options_.bits_per_second));
  if (device != nullptr && !disturbed) return device;
  ++nacks_;
  *status = absl::UnavailableError(absl::StrFormat("I2C address 0x%02X does not acknowledge", address));
  return nullptr;
}

absl::Status Bus::Write(Address address, const uint8_t* bytes, size_t count) {
  absl::Status status;
  Device* device = Acknowledged(address, count, &status);
  if (device != nullptr && count > 0) device->OnWrite(bytes, count);
  return status;
}

absl::Status Bus::WriteRead(Address address, const uint8_t* index, size_t index_count, uint8_t* bytes, size_t count) {
  absl::Status status;
  Device* device = Acknowledged(address, index_count + 1 + count, &status);
  if (device == nullptr) return status;
  device->OnWrite(index, index_count);
  device->OnRead(bytes, count);
  return status;
}

}  // namespace egi::station::i2c
