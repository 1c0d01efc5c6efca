#include "server/api/quality/gauge_desk.h"

#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/quality/gauge_requests.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"
#include "server/base/storable_text.h"
#include "server/gauge/check.h"

namespace egi::api {
namespace {

using quality::v1::CommandResult;
using quality::v1::CreateCalibrationRequest;
using quality::v1::DeviceCommandRecord;
using quality::v1::MeasureReferenceRequest;
using quality::v1::RecordGaugeCheckRequest;
using quality::v1::ReferenceRequest;

constexpr int kUsualReadings = 5;
constexpr size_t kLongestMessage = 200;  // command.proto

// One sentence on what became of the readings.
absl::StatusOr<std::string> CalibrateFrom(const GaugeDesk& desk, const DeviceCommandRecord& asked, const CommandResult& result) {
  const ReferenceRequest& reference = asked.command().reference();
  CreateCalibrationRequest request;
  request.set_device_id(result.device_id());
  *request.mutable_readings() = result.readings();
  request.set_distance_offset_mm(reference.distance_offset_mm());
  request.set_calibrated_by(asked.created_by());
  request.set_reason(absl::StrCat("readings of ", reference.reference()));
  quality::v1::Calibration calibration;
  if (absl::Status failed = Calibrate(desk, request, result.command_id(), &calibration); !failed.ok()) return failed;
  return absl::StrCat("calibration ", calibration.calibration_id(), " was made of the readings");
}

absl::StatusOr<std::string> CheckFrom(const GaugeDesk& desk, const DeviceCommandRecord& asked, const CommandResult& result) {
  const ReferenceRequest& reference = asked.command().reference();
  RecordGaugeCheckRequest request;
  request.set_device_id(result.device_id());
  request.set_kind(reference.kind());
  request.set_reference(reference.reference());
  request.set_performed_by(asked.created_by());
  *request.mutable_readings() = result.readings();
  *request.mutable_frames() = result.frames();
  request.set_reference_volume_mm3(reference.reference_volume_mm3());
  quality::v1::RecordGaugeCheckResponse response;
  if (absl::Status failed = JudgeAndKeep(desk, request, result.command_id(), &response); !failed.ok()) return failed;
  const quality::v1::GaugeCheck& check = response.check();
  if (!check.passed()) return absl::StrCat("check ", check.check_id(), " failed: ", check.message());
  return absl::StrFormat("check %d passed, %+.2f %% from the reference", check.check_id(), check.deviation_pct());
}

// The command when it waits for its answer.
absl::StatusOr<std::optional<DeviceCommandRecord>> FindOpen(storage::write::CommandStore& commands, const CommandResult& result) {
  auto open = commands.Open({result.device_id()});
  if (!open.ok()) return open.status();
  for (DeviceCommandRecord& record : *open) {
    if (record.command().command_id() == result.command_id()) return std::move(record);
  }
  return std::nullopt;
}

}  // namespace

absl::Status NotCalibrated(const std::string& device_id) {
  const std::string message = absl::StrCat("device ", device_id, " was never calibrated; begin with POST /api/sqal/devices/", device_id, "/gauge/calibrations (CreateCalibration)");
  return WithErrorInfo(absl::FailedPreconditionError(message), "NOT_CALIBRATED", {{"device_id", device_id}});
}

absl::Status Calibrate(const GaugeDesk& desk, const CreateCalibrationRequest& request, int32_t command_id,
                       quality::v1::Calibration* response) {
  Fields fields;
  quality::v1::Calibration calibration = ParseCalibration(request, desk.now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  calibration.set_command_id(command_id);
  const absl::Status kept = Answer(desk.store.AddCalibration(calibration, desk.now), response);
  if (kept.ok()) desk.options.on_change();
  return kept;
}

absl::Status JudgeAndKeep(const GaugeDesk& desk, const RecordGaugeCheckRequest& request, int32_t command_id,
                          quality::v1::RecordGaugeCheckResponse* response) {
  Fields fields;
  const absl::Time time = ParseCheck(request, desk.now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto device = desk.store.ReadDevice(request.device_id());
  if (!device.ok()) return device.status();
  if (!device->calibration.has_value()) return NotCalibrated(request.device_id());
  fields.Check(time >= ToTime(device->calibration->valid_from()), "time", "is before the calibration in force");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const analyse::TofOptions& tof = desk.profiles.FindOrDefault(device->config_profile).tof;
  auto check = gauge::JudgeCheck(request, *device->calibration, tof, desk.options.rules);
  ToTimestamp(time, check.mutable_time());
  check.set_command_id(command_id);
  const absl::Status kept = Answer(desk.store.AddCheck(check, request.SerializeAsString(), desk.now), response);
  if (kept.ok()) desk.options.on_change();
  return kept;
}

absl::StatusOr<DeviceCommandRecord> AskForReference(const GaugeDesk& desk, const MeasureReferenceRequest& request) {
  Fields fields;
  quality::v1::DeviceCommand command;
  command.set_device_id(request.device_id());
  *command.mutable_reference() = ParseReference(request, kUsualReadings, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto device = desk.store.ReadDevice(request.device_id());
  if (!device.ok()) return device.status();
  if (!device->calibration.has_value() && !request.calibrate()) return NotCalibrated(request.device_id());
  if (request.calibrate() && !request.has_distance_offset_mm() && device->calibration.has_value()) {
    command.mutable_reference()->set_distance_offset_mm(device->calibration->distance_offset_mm());
  }
  return desk.commands.Enqueue(command, request.requested_by(), desk.now);
}

absl::StatusOr<DeviceCommandRecord> TakeAnswer(const GaugeDesk& desk, const CommandResult& result) {
  if (result.readings().empty() && result.frames().empty()) return desk.commands.Record(result, desk.now);
  CommandResult told = result;
  told.clear_readings();
  told.clear_frames();
  const auto asked = FindOpen(desk.commands, result);
  if (!asked.ok()) return asked.status();
  if (!asked->has_value() || !(*asked)->command().has_reference() || result.outcome() != quality::v1::COMMAND_OUTCOME_APPLIED) {
    return desk.commands.Record(told, desk.now);
  }
  const auto taken = (*asked)->command().reference().calibrate() ? CalibrateFrom(desk, **asked, result) : CheckFrom(desk, **asked, result);
  if (absl::IsUnavailable(taken.status()) || absl::IsAborted(taken.status())) return taken.status();
  if (taken.ok()) {
    told.set_message(ToStorableText(*taken, kLongestMessage));
  } else if (!absl::IsAlreadyExists(taken.status())) {
    told.set_outcome(quality::v1::COMMAND_OUTCOME_REFUSED);
    const std::string why = absl::StrCat("its readings cannot be judged: ", std::string(taken.status().message()));
    told.set_message(ToStorableText(why, kLongestMessage));
  }
  return desk.commands.Record(told, desk.now);
}

}  // namespace egi::api
