// Driver of the VL53L8CH: boots it by downloading its firmware, starts it, waits for frames, reads histograms. Knows registers only.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_TOF_DRIVER_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_TOF_DRIVER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "simulators/station/firmware/clock.h"
#include "simulators/station/firmware/tof_frame.h"
#include "simulators/station/firmware/transfers.h"

namespace egi::station::firmware {

// The 84 KiB the part wants before it runs. The maker's image is not ours to give: this one stands in for it and has the property that the model
// checks instead of a signature (all 32-bit words add up to 0).
const std::vector<uint8_t>& TofChipFirmware();

// Not thread-safe. Transfers and clock must live longer.
class TofDriver {
 public:
  TofDriver(Transfers& transfers, Clock& clock) : transfers_(transfers), clock_(clock) {}

  // Identity, reset, download, boot, offsets, crosstalk, configuration. Errors: UNAVAILABLE (bus), NOT_FOUND (another part answers),
  // DEADLINE_EXCEEDED (it does not boot or does not answer).
  absl::Status Boot(const std::vector<uint8_t>& chip_firmware = TofChipFirmware());
  // Begins to measure 8x8 zones. `hertz` 1..15, `integration_ms` 2..1000. Errors: those of the bus, INTERNAL (the part refuses).
  absl::Status Start(int hertz, int integration_ms);
  // The next frame. Errors: DEADLINE_EXCEEDED (none within `timeout`), DATA_LOSS, those of the bus.
  absl::StatusOr<RawFrame> NextFrame(absl::Duration timeout);
  // Histograms of all zones, row by row as the scene lies. Errors: INVALID_ARGUMENT (a zone's bins exceed a transfer), those of the bus.
  absl::StatusOr<std::vector<std::vector<double>>> ReadHistograms(int bins, double bin_mm);
  absl::Status Stop();

 private:
  absl::Status SetPage(uint8_t page);
  absl::Status WriteByte(uint16_t index, uint8_t value);
  absl::Status Write(uint16_t index, const uint8_t* bytes, size_t count);
  absl::Status Read(uint16_t index, uint8_t* bytes, size_t count);
  // Reads `size` bytes at `index` until byte `position` masked with `mask` equals `expected`.
  absl::Status Poll(int size, int position, uint16_t index, uint8_t mask, uint8_t expected);
  absl::Status WriteItem(uint16_t item, const std::vector<uint8_t>& value);
  absl::StatusOr<std::vector<uint8_t>> ReadItem(uint16_t item, size_t size);
  absl::Status Download(const std::vector<uint8_t>& chip_firmware);
  absl::Status Calibrate();

  Transfers& transfers_;
  Clock& clock_;
  int stream_count_ = 255;
  std::vector<uint8_t> buffer_;
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_TOF_DRIVER_H_
