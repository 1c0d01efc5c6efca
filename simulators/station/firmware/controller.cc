#include "simulators/station/firmware/controller.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/base/proto_time.h"
#include "simulators/station/firmware/boot_loader.h"

namespace egi::station::firmware {
namespace {

using quality::v1::CommandResult;
using quality::v1::DeviceCalibration;
using quality::v1::DeviceCommand;
using quality::v1::DeviceConfiguration;

constexpr size_t kLongestReason = 200;

void Outside(const char* name, double value, double low, double high, std::string* fault) {
  if (!(value >= low && value <= high)) absl::StrAppend(fault, name, " is ", value, ", expected ", low, " to ", high, "; ");
}

std::string Day(absl::Time time) { return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone()); }

}  // namespace

absl::StatusOr<std::unique_ptr<Controller>> Controller::Create(Options options, Flash& flash) {
  absl::StatusOr<std::unique_ptr<Memory>> memory = Memory::Create(flash);
  if (!memory.ok()) return memory.status();
  std::unique_ptr<Controller> controller(new Controller(std::move(options), *std::move(memory)));
  if (absl::Status status = controller->PowerOn(); !status.ok()) return status;
  return controller;
}

absl::Status Controller::PowerOn() {
  absl::StatusOr<std::string> version = firmware::PowerOn(*memory_, options_.device_id, options_.factory_image, options_.self_test);
  if (!version.ok()) return version.status();
  version_ = *std::move(version);
  return absl::OkStatus();
}

std::string Controller::Fault(const DeviceConfiguration& c) const {
  std::string fault;
  if (c.revision() <= 0 || c.revision() < configuration().revision()) {
    absl::StrAppend(&fault, "revision is ", c.revision(), ", ", configuration().revision(), " is in force; ");
  }
  if (c.has_config_profile() && !options_.knows_profile(c.config_profile())) absl::StrAppend(&fault, "no profile named \"", c.config_profile().substr(0, 50), "\"; ");
  if (c.has_measurement_interval_ms()) Outside("measurement_interval_ms", c.measurement_interval_ms(), 100, 3600000, &fault);
  if (c.has_heartbeat_interval_s()) Outside("heartbeat_interval_s", c.heartbeat_interval_s(), 5, 3600, &fault);
  if (c.has_frames_averaged()) Outside("frames_averaged", c.frames_averaged(), 1, 256, &fault);
  if (c.has_spectral_integration_time_ms()) Outside("spectral_integration_time_ms", c.spectral_integration_time_ms(), 50, 500, &fault);
  const float gain = c.spectral_gain();
  if (c.has_spectral_gain() && gain != 1 && gain != 4 && gain != 16 && gain != 64) absl::StrAppend(&fault, "spectral_gain is ", gain, ", expected 1, 4, 16 or 64; ");
  return fault;
}

std::string Controller::Fault(const DeviceCalibration& c) const {
  std::string fault;
  if (c.calibration_id() <= 0 || c.calibration_id() < calibration().calibration_id()) {
    absl::StrAppend(&fault, "calibration_id is ", c.calibration_id(), ", ", calibration().calibration_id(), " is in force; ");
  }
  if (!c.has_valid_from() || !c.has_valid_until() || ToTime(c.valid_from()) >= ToTime(c.valid_until())) absl::StrAppend(&fault, "valid_until is not after valid_from; ");
  Outside("distance_offset_mm", c.distance_offset_mm(), -20, 20, &fault);
  const quality::v1::SpectralChannels& w = c.white_reference();
  for (const double count : {w.f1_415nm(), w.f2_445nm(), w.f3_480nm(), w.f4_515nm(), w.f5_555nm(), w.f6_590nm(), w.f7_630nm(), w.f8_680nm(), w.clear(), w.nir()}) {
    if (count > 0 && count <= 65535) continue;
    absl::StrAppend(&fault, "white_reference needs 0 to 65535 in every channel; ");
    break;
  }
  return fault;
}

std::string Controller::Fault(const quality::v1::ReferenceRequest& reference) const {
  std::string fault;
  if (reference.kind() != "white_reference" && reference.kind() != "golden_sample") {
    absl::StrAppend(&fault, "reference.kind is \"", reference.kind().substr(0, 50), "\", expected white_reference or golden_sample; ");
  }
  Outside("reference.readings", reference.readings(), 3, 20, &fault);
  if (options_.measure_reference == nullptr) absl::StrAppend(&fault, "this station measures no references; ");
  return fault;
}

absl::StatusOr<CommandResult> Controller::Handle(const DeviceCommand& command) {
  for (const CommandResult& known : memory_->content().results()) {
    if (known.command_id() == command.command_id()) return known;
  }
  CommandResult result;
  result.set_command_id(command.command_id());
  result.set_device_id(options_.device_id);
  std::string fault;
  if (command.device_id() != options_.device_id) absl::StrAppend(&fault, "this is ", options_.device_id, ", not ", command.device_id(), "; ");
  if (command.command_id() <= 0) absl::StrAppend(&fault, "command_id is missing; ");
  if (fault.empty() && command.has_firmware()) return updater_.Begin(command.command_id(), command.firmware());
  if (command.has_configuration()) absl::StrAppend(&fault, Fault(command.configuration()));
  if (command.has_calibration()) absl::StrAppend(&fault, Fault(command.calibration()));
  if (command.has_reference()) absl::StrAppend(&fault, Fault(command.reference()));
  if (fault.empty() && command.has_reference()) {
    absl::StatusOr<CommandResult> measured = options_.measure_reference(command);
    if (measured.ok()) {
      result.MergeFrom(*measured);
      result.set_outcome(quality::v1::COMMAND_OUTCOME_APPLIED);
      return result;
    }
    absl::StrAppend(&fault, std::string(measured.status().message()), "; ");
  }
  if (command.command_case() == DeviceCommand::COMMAND_NOT_SET) absl::StrAppend(&fault, "firmware ", version_, " does not know this command; ");
  if (!fault.empty()) fault.resize(fault.size() - 2);
  result.set_outcome(fault.empty() ? quality::v1::COMMAND_OUTCOME_APPLIED : quality::v1::COMMAND_OUTCOME_REFUSED);
  result.set_message(fault.substr(0, kLongestReason));
  const absl::Status status = memory_->Change([&](v1::StationMemory& memory) {
    if (fault.empty() && command.has_configuration()) memory.mutable_configuration()->MergeFrom(command.configuration());  // absent fields keep their value
    if (fault.empty() && command.has_calibration()) *memory.mutable_calibration() = command.calibration();
    if (fault.empty() && command.has_grading()) *memory.mutable_grading() = command.grading();
    Remember(result, memory);
  });
  if (!status.ok()) return status;
  return result;
}

std::string Controller::RefusesToGrade(absl::Time now) const {
  const v1::StationMemory& memory = memory_->content();
  if (memory.has_grading() && !memory.grading().allowed()) {
    return memory.grading().reason().empty() ? "the server forbids grading" : memory.grading().reason().substr(0, kLongestReason);
  }
  if (!memory.has_calibration()) return "";
  const int id = calibration().calibration_id();
  const absl::Time from = ToTime(calibration().valid_from()), until = ToTime(calibration().valid_until());
  if (now < from) return absl::StrFormat("calibration %d is valid from %s only", id, Day(from));
  if (now >= until) return absl::StrFormat("calibration %d ended at %s: calibrate the station", id, Day(until));
  return "";
}

absl::StatusOr<bool> Controller::StepUpdate(const FetchImage& fetch) {
  if (!updating()) return false;
  absl::StatusOr<bool> installed = updater_.Step(fetch);
  if (!installed.ok()) return installed;
  if (*installed) {
    if (absl::Status status = PowerOn(); !status.ok()) return status;
  }
  return true;
}

std::vector<CommandResult> Controller::UnsentResults() const {
  const v1::StationMemory& memory = memory_->content();
  std::vector<CommandResult> results;
  for (const CommandResult& result : memory.results()) {
    if (std::find(memory.unsent().begin(), memory.unsent().end(), result.command_id()) != memory.unsent().end()) results.push_back(result);
  }
  return results;
}

absl::Status Controller::Sent(const CommandResult& result) {
  for (const CommandResult& known : memory_->content().results()) {
    if (known.command_id() != result.command_id() || known.SerializeAsString() != result.SerializeAsString()) continue;
    return memory_->Change([&result](v1::StationMemory& memory) {
      auto& unsent = *memory.mutable_unsent();
      unsent.erase(std::remove(unsent.begin(), unsent.end(), result.command_id()), unsent.end());
    });
  }
  return absl::OkStatus();
}

void Controller::FillHeartbeat(absl::Time now, quality::v1::DeviceHeartbeat* heartbeat) const {
  heartbeat->set_firmware_version(version_);
  heartbeat->set_boot_count(memory_->content().boot_count());
  heartbeat->set_configuration_revision(configuration().revision());
  heartbeat->set_calibration_id(calibration().calibration_id());
  heartbeat->set_refuses_to_grade(RefusesToGrade(now));
}

}  // namespace egi::station::firmware
