#include "simulators/station/program/command_desk.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace egi::station {
namespace {

constexpr absl::Duration kUpdateRetry = absl::Seconds(5);

}  // namespace

absl::Status CommandDesk::HandleCommands() {
  for (const quality::v1::DeviceCommand& command : inbox_.Take()) {
    const absl::StatusOr<quality::v1::CommandResult> result = station_.Handle(command);
    if (!result.ok()) return result.status();
    tell_("command", absl::StrCat("command ", command.command_id(), ": ", quality::v1::CommandOutcome_Name(result->outcome()),
                                  result->message().empty() ? "" : " - ", result->message()));
    // Asked again although answered before: the answer was lost.
    if (!producer_.SendCommandResult(*result).ok()) continue;
    if (absl::Status status = station_.controller().Sent(*result); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CommandDesk::StepUpdate(absl::Time now) {
  firmware::Controller& controller = station_.controller();
  if (!controller.updating() || now < next_step_) return absl::OkStatus();
  const std::string before = controller.version();
  bool server_failed = false;
  const absl::StatusOr<bool> stepped = controller.StepUpdate([this, &server_failed](const std::string& version, int64_t offset) {
    absl::StatusOr<std::string> bytes = fetch_(version, offset);
    server_failed = !bytes.ok();
    return bytes;
  });
  if (!stepped.ok() && !server_failed) return stepped.status();
  if (!stepped.ok()) {
    next_step_ = now + kUpdateRetry;
    tell_("update", absl::StrCat("update waits for the server: ", std::string(stepped.status().message())));
  }
  if (controller.version() != before) tell_("update", absl::StrCat("runs firmware ", controller.version()));
  return absl::OkStatus();
}

absl::Status CommandDesk::Serve(absl::Time now) {
  if (absl::Status status = HandleCommands(); !status.ok()) return status;
  if (absl::Status status = StepUpdate(now); !status.ok()) return status;
  for (const quality::v1::CommandResult& result : station_.controller().UnsentResults()) {
    if (!producer_.SendCommandResult(result).ok()) break;  // not connected: later
    if (absl::Status status = station_.controller().Sent(result); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace egi::station
