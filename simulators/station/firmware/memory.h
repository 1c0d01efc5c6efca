// What a station remembers, kept in its flash.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_MEMORY_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_MEMORY_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/quality/v1/command.pb.h"
#include "simulators/station/firmware/flash.h"
#include "station_memory.pb.h"

namespace egi::station::firmware {

// Files of a station: one a slot, the download, and this memory.
const char* SlotFile(int slot);
inline constexpr char kPartFile[] = "download.part";

// Not thread-safe. The flash must live longer.
class Memory {
 public:
  // Errors: those of the flash, DATA_LOSS (the file is damaged; the message names it).
  static absl::StatusOr<std::unique_ptr<Memory>> Create(Flash& flash);

  const v1::StationMemory& content() const { return content_; }
  Flash& flash() { return flash_; }
  // Changes the content, durably or not at all. Errors: those of the flash.
  absl::Status Change(const std::function<void(v1::StationMemory&)>& change);

 private:
  Memory(Flash& flash, v1::StationMemory content) : flash_(flash), content_(std::move(content)) {}

  Flash& flash_;
  v1::StationMemory content_;
};

// Puts an answer into a memory in place of an earlier one to the same command, to be sent; the oldest of more than 100 are forgotten.
void Remember(const quality::v1::CommandResult& result, v1::StationMemory& memory);

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_MEMORY_H_
