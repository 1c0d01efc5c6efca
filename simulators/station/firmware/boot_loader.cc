#include "simulators/station/firmware/boot_loader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "simulators/station/firmware/image.h"

namespace egi::station::firmware {
namespace {

using quality::v1::CommandResult;

CommandResult Outcome(const std::string& device_id, int32_t command_id, quality::v1::CommandOutcome outcome, const std::string& message) {
  CommandResult result;
  result.set_device_id(device_id);
  result.set_command_id(command_id);
  result.set_outcome(outcome);
  result.set_message(message.substr(0, 200));
  return result;
}

// The version of an image that boots. Errors: FAILED_PRECONDITION, INVALID_ARGUMENT.
absl::StatusOr<std::string> TryImage(Memory& memory, int slot) {
  const absl::StatusOr<std::string> image = memory.flash().Read(SlotFile(slot));
  if (!image.ok()) return image.status();
  const absl::StatusOr<ImageHeader> header = ReadImage(*image);
  if (!header.ok()) return header.status();
  if (!header->boots) return absl::FailedPreconditionError(absl::StrCat("version ", header->version, " does not boot"));
  return header->version;
}

// Boots the slot on trial and settles it: confirmed, or given up. The version when confirmed.
absl::StatusOr<std::string> RunTrial(Memory& memory, const std::string& device_id, const std::function<absl::Status()>& self_test) {
  const int slot = 1 - memory.content().active_slot();
  absl::StatusOr<std::string> version = absl::FailedPreconditionError("the power failed during its trial boots");
  if (memory.content().trial_boots() < kTrialBoots) {
    if (absl::Status status = memory.Change([](v1::StationMemory& m) { m.set_trial_boots(m.trial_boots() + 1); }); !status.ok()) return status;
    version = TryImage(memory, slot);
    if (version.ok()) {
      if (absl::Status tested = self_test(); !tested.ok()) version = tested;
    }
  }
  const absl::Status settled = memory.Change([&](v1::StationMemory& m) {
    if (version.ok()) m.set_active_slot(slot);
    Remember(Outcome(device_id, m.trial_command_id(), version.ok() ? quality::v1::COMMAND_OUTCOME_APPLIED : quality::v1::COMMAND_OUTCOME_ROLLED_BACK,
                     version.ok() ? "" : absl::StrCat("the old version runs again: ", std::string(version.status().message()))),
             m);
    m.set_has_trial(false);
    m.set_trial_boots(0);
    m.set_trial_command_id(0);
  });
  if (!settled.ok()) return settled;
  return version.ok() ? version : std::string();
}

}  // namespace

absl::StatusOr<std::string> PowerOn(Memory& memory, const std::string& device_id, const std::string& factory_image,
                                    const std::function<absl::Status()>& self_test) {
  if (absl::Status status = memory.Change([](v1::StationMemory& m) { m.set_boot_count(m.boot_count() + 1); }); !status.ok()) return status;
  if (memory.content().has_trial()) {
    const absl::StatusOr<std::string> trial = RunTrial(memory, device_id, self_test);
    if (!trial.ok() || !trial->empty()) return trial;
  }
  const int slot = memory.content().active_slot();
  const absl::StatusOr<int64_t> size = memory.flash().Size(SlotFile(slot));
  if (!size.ok()) return size.status();
  if (*size == 0) {
    if (absl::Status status = memory.flash().Replace(SlotFile(slot), factory_image); !status.ok()) return status;
  }
  absl::StatusOr<std::string> version = TryImage(memory, slot);
  if (!version.ok()) return version;
  if (absl::Status status = self_test(); !status.ok()) return status;
  return version;
}

}  // namespace egi::station::firmware
