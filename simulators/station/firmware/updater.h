// Installs a new firmware: downloads it in pieces that survive power cuts, checks it, puts it into the free slot.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_UPDATER_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_UPDATER_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/quality/v1/command.pb.h"
#include "simulators/station/firmware/memory.h"

namespace egi::station::firmware {

// The next bytes of a version from an offset on, at least one. Errors: NOT_FOUND and INVALID_ARGUMENT end the update; all others are tried again.
using FetchImage = std::function<absl::StatusOr<std::string>(const std::string& version, int64_t offset)>;

// Not thread-safe. The memory must live longer.
class Updater {
 public:
  Updater(Memory& memory, std::string device_id) : memory_(memory), device_id_(std::move(device_id)) {}

  // Takes an offer on. The answer is IN_PROGRESS, or REFUSED for a wrong offer. What was downloaded of the same image before is used. Errors: those of the flash.
  absl::StatusOr<quality::v1::CommandResult> Begin(int32_t command_id, const quality::v1::FirmwareOffer& offer);
  // True while a download is under way.
  bool active() const { return memory_.content().has_offer(); }
  // One piece further: downloads some bytes, or checks and installs the whole; the memory has the new answer, also when it is REFUSED. True when the
  // station must be powered on anew for the trial. Errors: those of the flash, and of `fetch` when it is worth trying again.
  absl::StatusOr<bool> Step(const FetchImage& fetch);

 private:
  quality::v1::CommandResult Answer(quality::v1::CommandOutcome outcome, const std::string& message, int64_t bytes) const;
  absl::Status Refuse(const std::string& why);
  absl::StatusOr<bool> Install();

  Memory& memory_;
  const std::string device_id_;
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_UPDATER_H_
