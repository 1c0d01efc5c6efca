#include "simulators/station/firmware/updater.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "simulators/station/firmware/image.h"

namespace egi::station::firmware {
namespace {

using quality::v1::CommandResult;

constexpr int64_t kLargestImage = 16 << 20;
constexpr int kMostRestarts = 1;

void ForgetOffer(v1::StationMemory& memory) {
  memory.clear_offer();
  memory.set_offer_command_id(0);
  memory.set_download_restarts(0);
}

}  // namespace

CommandResult Updater::Answer(quality::v1::CommandOutcome outcome, const std::string& message, int64_t bytes) const {
  CommandResult result;
  result.set_device_id(device_id_);
  result.set_command_id(memory_.content().offer_command_id());
  result.set_outcome(outcome);
  result.set_message(message.substr(0, 200));
  result.set_bytes_received(bytes);
  return result;
}

absl::StatusOr<CommandResult> Updater::Begin(int32_t command_id, const quality::v1::FirmwareOffer& offer) {
  std::string fault;
  if (offer.version().empty() || offer.version().size() > 50) absl::StrAppend(&fault, "version needs 1 to 50 characters; ");
  if (offer.size_bytes() <= 0 || offer.size_bytes() > kLargestImage) absl::StrAppend(&fault, "size_bytes needs 1 to ", kLargestImage, "; ");
  if (offer.sha256().size() != 64) absl::StrAppend(&fault, "sha256 needs 64 hexadecimal digits; ");
  if (fault.empty() && memory_.content().part_sha256() != offer.sha256()) {
    if (absl::Status status = memory_.flash().Remove(kPartFile); !status.ok()) return status;
  }
  CommandResult result;
  const absl::StatusOr<int64_t> have = memory_.flash().Size(kPartFile);
  if (!have.ok()) return have.status();
  absl::Status status = memory_.Change([&](v1::StationMemory& m) {
    if (fault.empty()) {
      m.set_part_sha256(offer.sha256());
      *m.mutable_offer() = offer;
      m.set_offer_command_id(command_id);
      m.set_download_restarts(0);
    }
    result.set_device_id(device_id_);
    result.set_command_id(command_id);
    result.set_outcome(fault.empty() ? quality::v1::COMMAND_OUTCOME_IN_PROGRESS : quality::v1::COMMAND_OUTCOME_REFUSED);
    result.set_message(fault.empty() ? "downloading" : fault.substr(0, 200));
    result.set_bytes_received(fault.empty() ? *have : 0);
    Remember(result, m);
  });
  if (!status.ok()) return status;
  return result;
}

absl::Status Updater::Refuse(const std::string& why) {
  const CommandResult result = Answer(quality::v1::COMMAND_OUTCOME_REFUSED, why, 0);
  if (absl::Status status = memory_.flash().Remove(kPartFile); !status.ok()) return status;
  return memory_.Change([&result](v1::StationMemory& m) {
    Remember(result, m);
    ForgetOffer(m);
  });
}

absl::StatusOr<bool> Updater::Step(const FetchImage& fetch) {
  if (!active()) return false;
  const quality::v1::FirmwareOffer offer = memory_.content().offer();
  const absl::StatusOr<int64_t> have = memory_.flash().Size(kPartFile);
  if (!have.ok()) return have.status();
  if (*have >= offer.size_bytes()) return Install();
  absl::StatusOr<std::string> bytes = fetch(offer.version(), *have);
  if (absl::IsNotFound(bytes.status()) || absl::IsInvalidArgument(bytes.status())) {
    if (absl::Status status = Refuse(std::string(bytes.status().message())); !status.ok()) return status;
    return false;
  }
  if (!bytes.ok()) return bytes.status();
  if (absl::Status status = memory_.flash().Append(kPartFile, *bytes); !status.ok()) return status;
  const CommandResult result = Answer(quality::v1::COMMAND_OUTCOME_IN_PROGRESS, "downloading", *have + static_cast<int64_t>(bytes->size()));
  if (absl::Status status = memory_.Change([&result](v1::StationMemory& m) { Remember(result, m); }); !status.ok()) return status;
  return false;
}

absl::StatusOr<bool> Updater::Install() {
  const quality::v1::FirmwareOffer offer = memory_.content().offer();
  const absl::StatusOr<std::string> image = memory_.flash().Read(kPartFile);
  if (!image.ok()) return image.status();
  if (static_cast<int64_t>(image->size()) != offer.size_bytes() || Sha256Hex(*image) != offer.sha256()) {
    if (memory_.content().download_restarts() >= kMostRestarts) {
      if (absl::Status status = Refuse("the image does not have the SHA-256 of the offer"); !status.ok()) return status;
      return false;
    }
    // A power cut may have left rubbish at a joint: once more from the start.
    if (absl::Status status = memory_.flash().Remove(kPartFile); !status.ok()) return status;
    if (absl::Status status = memory_.Change([](v1::StationMemory& m) { m.set_download_restarts(m.download_restarts() + 1); }); !status.ok()) return status;
    return false;
  }
  const absl::StatusOr<ImageHeader> header = ReadImage(*image);
  if (!header.ok() || header->version != offer.version()) {
    const std::string why = header.ok() ? absl::StrCat("the image is of version ", header->version, ", not ", offer.version()) : std::string(header.status().message());
    if (absl::Status status = Refuse(why); !status.ok()) return status;
    return false;
  }
  const int free_slot = 1 - memory_.content().active_slot();
  if (absl::Status status = memory_.flash().Replace(SlotFile(free_slot), *image); !status.ok()) return status;
  const CommandResult result = Answer(quality::v1::COMMAND_OUTCOME_IN_PROGRESS, "installed, booting", offer.size_bytes());
  absl::Status status = memory_.Change([&result](v1::StationMemory& m) {
    Remember(result, m);
    m.set_has_trial(true);
    m.set_trial_boots(0);
    m.set_trial_command_id(m.offer_command_id());
    m.clear_part_sha256();
    ForgetOffer(m);
  });
  if (status.ok()) status = memory_.flash().Remove(kPartFile);
  if (!status.ok()) return status;
  return true;
}

}  // namespace egi::station::firmware
