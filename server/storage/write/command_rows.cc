#include "server/storage/write/command_rows.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/rich_status.h"
#include "server/storage/read/session.h"

#define EGI_COMMAND_COLUMNS                                                                                                      \
  "c.command_id, c.device_id, c.kind, c.payload, " EGI_US("c.created_at") ", c.created_by, " EGI_US("c.sent_at") ", c.outcome, " \
  "c.message, " EGI_US("c.answered_at") ", c.bytes_received"

namespace egi::storage::write {

using quality::v1::DeviceCommand;
using quality::v1::DeviceCommandRecord;

namespace {

constexpr char kSupersede[] = R"sql(
  UPDATE sqal_device_commands SET outcome = 'superseded', answered_at = $3::timestamptz
  WHERE device_id = $1::text AND kind = $2::text AND outcome IN ('open', 'in_progress'))sql";

constexpr char kInsert[] =
    "INSERT INTO sqal_device_commands AS c (device_id, kind, payload, created_at, created_by) "
    "VALUES ($1::text, $2::text, $3::jsonb, $4::timestamptz, $5::text) RETURNING " EGI_COMMAND_COLUMNS;

const char* KindOf(const DeviceCommand& command) {
  switch (command.command_case()) {
    case DeviceCommand::kConfiguration: return "configuration";
    case DeviceCommand::kCalibration: return "calibration";
    case DeviceCommand::kGrading: return "grading";
    case DeviceCommand::kFirmware: return "firmware";
    case DeviceCommand::kReference: return "reference";
    case DeviceCommand::COMMAND_NOT_SET: return "";
  }
  return "";
}

std::string PayloadOf(DeviceCommand command) {
  command.clear_command_id();
  command.clear_device_id();
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(command, &json, options);
  return status.ok() ? json : "{}";
}

}  // namespace

const char kCommandSql[] = "SELECT " EGI_COMMAND_COLUMNS " FROM sqal_device_commands c";

DeviceCommandRecord ToCommandRecord(read::RowCursor row) {
  DeviceCommandRecord record;
  const int32_t id = row.Int();
  const std::string device_id = row.Text();
  record.set_kind(row.Text());
  // Written by this class: it parses; a payload of a newer schema keeps what is known here.
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  (void)google::protobuf::util::JsonStringToMessage(row.Text(), record.mutable_command(), options);
  record.mutable_command()->set_command_id(id);
  record.mutable_command()->set_device_id(device_id);
  row.Set(&record, &DeviceCommandRecord::mutable_created_at);
  record.set_created_by(row.Text());
  row.Set(&record, &DeviceCommandRecord::mutable_sent_at);
  record.set_state(row.Text());
  record.set_message(row.Text());
  row.Set(&record, &DeviceCommandRecord::mutable_answered_at);
  record.set_bytes_received(row.Long());
  return record;
}

absl::Status DeviceNotFound(const std::string& device_id) {
  return WithErrorInfo(
      absl::NotFoundError(absl::StrCat("device ", device_id, " is unknown; it registers with its first message, GET /api/sqal/devices (ListDevices) names those known")),
      "DEVICE_NOT_FOUND", {{"device_id", device_id}});
}

absl::StatusOr<std::string> LockDevice(pqxx::transaction_base& transaction, const std::string& device_id) {
  const pqxx::result rows =
      read::Run(transaction, "SELECT status FROM sqal_devices WHERE device_id = $1::text FOR NO KEY UPDATE", {device_id});
  if (rows.empty()) return DeviceNotFound(device_id);
  return rows[0][0].as<std::string>();
}

absl::StatusOr<DeviceCommandRecord> EnqueueCommand(pqxx::transaction_base& transaction, const DeviceCommand& command, const std::string& by,
                                                   absl::Time now) {
  const std::string kind = KindOf(command);
  if (kind.empty()) return absl::InvalidArgumentError("the command asks for nothing");
  // The lock makes commands of one device pass one after the other.
  const auto status = LockDevice(transaction, command.device_id());
  if (!status.ok()) return status.status();
  if (*status == "retired") {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("device ", command.device_id(), " is retired; approve it first")),
                         "DEVICE_RETIRED", {{"device_id", command.device_id()}});
  }
  read::Run(transaction, kSupersede, {command.device_id(), kind, SqlTime(now)});
  return ToCommandRecord(
      read::RowCursor(read::Run(transaction, kInsert, {command.device_id(), kind, PayloadOf(command), SqlTime(now), by})[0]));
}

void WithdrawCommands(pqxx::transaction_base& transaction, const std::string& device_id, const std::string& reason, absl::Time now) {
  read::Run(transaction,
            "UPDATE sqal_device_commands SET outcome = 'withdrawn', message = $2::text, answered_at = $3::timestamptz "
            "WHERE device_id = $1::text AND outcome IN ('open', 'in_progress')",
            {device_id, reason, SqlTime(now)});
}

}  // namespace egi::storage::write
