#include "server/storage/write/device_changes.h"

#include "google/protobuf/util/json_util.h"
#include "server/storage/postgres/json.h"
#include "server/storage/read/session.h"

namespace egi::storage::write {

using quality::v1::Device;
using quality::v1::DeviceChange;
using quality::v1::DeviceConfiguration;
using quality::v1::DeviceCounters;
using quality::v1::DevicePresence;

namespace {

constexpr char kKeep[] = R"sql(
  INSERT INTO sqal_device_changes (device_id, changed_at, changed_by, action, reason, before, after)
  VALUES ($1::text, $2::timestamptz, $3::text, $4::text, nullif($5::text, ''), $6::jsonb, $7::jsonb))sql";

void Keep(pqxx::transaction_base& transaction, const std::string& device_id, const std::string& action, const std::string& before,
          const std::string& after, const Actor& actor, absl::Time now) {
  read::Run(transaction, kKeep, {device_id, SqlTime(now), actor.by, action, actor.reason, before, after});
}

std::string Json(const DeviceConfiguration& configuration) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  return google::protobuf::util::MessageToJsonString(configuration, &json, options).ok() ? json : "{}";
}

}  // namespace

const char kChangesSql[] =
    "SELECT change_id, " EGI_US("changed_at") ", changed_by, action, reason, before, after FROM sqal_device_changes "
    "WHERE device_id = $1::text AND change_id < $2::bigint ORDER BY change_id DESC LIMIT $3::integer";

const char kPresenceSql[] =
    "SELECT presence_id, " EGI_US("time") ", status FROM sqal_device_presence WHERE device_id = $1::text AND presence_id < $2::bigint "
    "ORDER BY presence_id DESC LIMIT $3::integer";

const char kCountersSql[] =
    "SELECT " EGI_US("time") ", buffer_size, nack_count, acquisition_failures, measurements_dropped, boot_count, configuration_revision, "
    "calibration_id, refuses_to_grade, measurements_sent FROM sqal_device_counters WHERE device_id = $1::text AND " EGI_US("time")
    " < $2::bigint ORDER BY time DESC LIMIT $3::integer";

void ApplyUpdate(pqxx::transaction_base& transaction, const std::string& device_id, const DeviceUpdate& update) {
  const auto set = [&](const std::string& column, const std::optional<std::string>& value) {
    if (!value.has_value()) return;
    read::Run(transaction, "UPDATE sqal_devices SET " + column + " = nullif($2::text, '') WHERE device_id = $1::text", {device_id, *value});
  };
  set("device_name", update.device_name);
  set("site_code", update.site_code);
  set("location", update.location);
  set("config_profile", update.config_profile);
}

void KeepChange(pqxx::transaction_base& transaction, const std::string& action, const Device& before, const Device& after,
                const Actor& actor, absl::Time now) {
  std::string old_json, new_json;
  JsonObject old_values(&old_json), new_values(&new_json);
  const auto compare = [&](const char* field, const std::string& old_value, const std::string& new_value) {
    if (old_value == new_value) return;
    old_values.Text(field, old_value);
    new_values.Text(field, new_value);
  };
  compare("status", before.status(), after.status());
  compare("device_name", before.device_name(), after.device_name());
  compare("site_code", before.site_code(), after.site_code());
  compare("location", before.location(), after.location());
  compare("config_profile", before.config_profile(), after.config_profile());
  if (old_json.empty()) return;
  old_values.Finish();
  new_values.Finish();
  Keep(transaction, after.device_id(), action, old_json, new_json, actor, now);
}

void KeepConfigurationChange(pqxx::transaction_base& transaction, const std::string& device_id, const DeviceConfiguration& before,
                             const DeviceConfiguration& after, const Actor& actor, absl::Time now) {
  Keep(transaction, device_id, "configure", Json(before), Json(after), actor, now);
}

DeviceChange ToChange(read::RowCursor row) {
  DeviceChange change;
  row.Skip();
  row.Set(&change, &DeviceChange::mutable_changed_at);
  change.set_changed_by(row.Text());
  change.set_action(row.Text());
  change.set_reason(row.Text());
  row.Set(&change, &DeviceChange::mutable_before);
  row.Set(&change, &DeviceChange::mutable_after);
  return change;
}

DevicePresence ToPresence(read::RowCursor row) {
  DevicePresence presence;
  row.Skip();
  row.Set(&presence, &DevicePresence::mutable_time);
  presence.set_status(row.Text());
  return presence;
}

DeviceCounters ToCounters(read::RowCursor row) {
  DeviceCounters counters;
  row.Set(&counters, &DeviceCounters::mutable_time);
  counters.set_buffer_size(row.Int());
  counters.set_nack_count(row.Int());
  counters.set_acquisition_failures(row.Int());
  counters.set_measurements_dropped(row.Int());
  counters.set_boot_count(row.Int());
  counters.set_configuration_revision(row.Int());
  counters.set_calibration_id(row.Int());
  counters.set_refuses_to_grade(row.Text());
  counters.set_measurements_sent(row.Int());
  return counters;
}

}  // namespace egi::storage::write
