// A simulated I2C bus: devices at 7-bit addresses, transfers that cost time and are now and then not acknowledged.
#ifndef EGI_SIMULATORS_STATION_I2C_BUS_H_
#define EGI_SIMULATORS_STATION_I2C_BUS_H_

#include <array>

#include "absl/time/time.h"
#include "simulators/station/i2c/port.h"
#include "simulators/station/random.h"

namespace egi::station::i2c {

// A part on the bus, as the bus sees it. The first bytes of a write are the index of a register, by the part's own rules.
class Device {
 public:
  virtual ~Device() = default;
  virtual void OnWrite(const uint8_t* bytes, size_t count) = 0;
  // Continues from the register index last written.
  virtual void OnRead(uint8_t* bytes, size_t count) = 0;
};

// Time of the simulated hardware since it was powered. Advanced by transfers and by the firmware's waiting.
class VirtualTime {
 public:
  absl::Duration now() const { return now_; }
  void Advance(absl::Duration duration) { now_ += duration; }

 private:
  absl::Duration now_ = absl::ZeroDuration();
};

// Not thread-safe. Devices and time must live longer than the bus.
class Bus : public Port {
 public:
  struct Options {
    double nack_probability = 0.01;  // of a transfer, 0..1 (simulators.md section 2.1)
    int bits_per_second = 400000;    // fast mode; a byte takes 9 bits
  };

  Bus(const Options& options, VirtualTime& time) : options_(options), time_(time) {}

  // Replaces what was at the address; null takes it off the bus.
  void Attach(Address address, Device* device) { devices_[address & 0x7F] = device; }
  // Starts another stream of disturbances, so that a measurement does not depend on those before it.
  void Reseed(Random disturbances) { disturbances_ = disturbances; }
  // 0..1.
  void SetNackProbability(double probability) { options_.nack_probability = probability; }

  absl::Status Write(Address address, const uint8_t* bytes, size_t count) override;
  absl::Status WriteRead(Address address, const uint8_t* index, size_t index_count, uint8_t* bytes, size_t count) override;

  // Transfers since the start, and those not acknowledged.
  int64_t transfers() const { return transfers_; }
  int64_t nacks() const { return nacks_; }

 private:
  // The device that acknowledges this transfer.
  Device* Acknowledged(Address address, size_t bytes, absl::Status* status);

  Options options_;
  VirtualTime& time_;
  Random disturbances_{0};
  std::array<Device*, 128> devices_{};
  int64_t transfers_ = 0;
  int64_t nacks_ = 0;
};

}  // namespace egi::station::i2c

#endif  // EGI_SIMULATORS_STATION_I2C_BUS_H_
