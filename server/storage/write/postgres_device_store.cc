#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/storable_text.h"
#include "server/storage/read/quality_row.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/command_rows.h"
#include "server/storage/write/device_changes.h"
#include "server/storage/write/device_store.h"

namespace egi::storage::write {
namespace {

using quality::v1::Device;
using quality::v1::DeviceChange;
using quality::v1::DeviceCommandRecord;
using quality::v1::DeviceConfiguration;
using quality::v1::DeviceCounters;
using quality::v1::DeviceHeartbeat;
using quality::v1::DevicePresence;

// The counters before the heartbeat; locks the device.
constexpr char kBefore[] =
    "SELECT nack_count, acquisition_failures, measurements_dropped, boot_count, heartbeat_at IS NOT NULL FROM sqal_devices "
    "WHERE device_id = $1::text FOR NO KEY UPDATE";

// $1 device, $2 firmware, $3 place, $4 uptime, $5 buffer, $6 now, $7 sent, $8 NACKs, $9 failures, $10 dropped, $11 boots, $12 configuration, $13
// calibration, $14 refusal. Empty texts leave what is known; the site of a new device stands in its name between underscores or dashes
// (domain.md section 3.5). A heartbeat that came late changes no counter.
constexpr char kHeartbeat[] = R"sql(
  INSERT INTO sqal_devices AS d (device_id, device_name, firmware_version, location, uptime_s, buffer_size, last_seen, heartbeat_at,
    measurements_sent, nack_count, acquisition_failures, measurements_dropped, boot_count, configuration_revision, calibration_id,
    refuses_to_grade, site_code)
  VALUES ($1::text, $1::text, left(nullif($2::text, ''), 20), nullif($3::text, ''), $4::bigint, $5::integer, $6::timestamptz, $6::timestamptz,
    $7::integer, $8::integer, $9::integer, $10::integer, $11::integer, $12::integer, $13::integer, nullif($14::text, ''),
    substring($1::text from '[_-](LL|LS|MT)(?:[_-]|[0-9]|$)'))
  ON CONFLICT (device_id) DO UPDATE SET
    firmware_version = coalesce(excluded.firmware_version, d.firmware_version),
    location = coalesce(excluded.location, d.location), uptime_s = excluded.uptime_s, buffer_size = excluded.buffer_size,
    measurements_sent = excluded.measurements_sent, nack_count = excluded.nack_count,
    acquisition_failures = excluded.acquisition_failures, measurements_dropped = excluded.measurements_dropped,
    boot_count = excluded.boot_count, configuration_revision = excluded.configuration_revision,
    calibration_id = excluded.calibration_id, refuses_to_grade = excluded.refuses_to_grade,
    heartbeat_at = excluded.heartbeat_at, last_seen = greatest(excluded.last_seen, d.last_seen)
  WHERE d.heartbeat_at IS NULL OR d.heartbeat_at <= excluded.heartbeat_at)sql";

// The device speaks: it is online.
constexpr char kOnline[] = R"sql(
  WITH came AS (
    UPDATE sqal_devices SET presence = 'online', presence_since = $2::timestamptz
    WHERE device_id = $1::text AND presence IS DISTINCT FROM 'online' RETURNING device_id)
  INSERT INTO sqal_device_presence (device_id, time, status) SELECT device_id, $2::timestamptz, 'online' FROM came)sql";

// A row when a counter other than measurements_sent changed since the newest one, or that is an hour old.
constexpr char kKeepCounters[] = R"sql(
  INSERT INTO sqal_device_counters (device_id, time, buffer_size, nack_count, acquisition_failures, measurements_dropped, boot_count,
    configuration_revision, calibration_id, refuses_to_grade, measurements_sent)
  SELECT d.device_id, d.heartbeat_at, d.buffer_size, d.nack_count, d.acquisition_failures, d.measurements_dropped, d.boot_count,
    d.configuration_revision, d.calibration_id, d.refuses_to_grade, d.measurements_sent
  FROM sqal_devices d
  LEFT JOIN LATERAL (SELECT * FROM sqal_device_counters c WHERE c.device_id = d.device_id ORDER BY c.time DESC LIMIT 1) c ON true
  WHERE d.device_id = $1::text AND (c.time IS NULL OR c.time <= d.heartbeat_at - interval '1 hour' OR
    (c.buffer_size, c.nack_count, c.acquisition_failures, c.measurements_dropped, c.boot_count, c.configuration_revision, c.calibration_id,
     coalesce(c.refuses_to_grade, '')) IS DISTINCT FROM
    (d.buffer_size, d.nack_count, d.acquisition_failures, d.measurements_dropped, d.boot_count, d.configuration_revision, d.calibration_id,
     coalesce(d.refuses_to_grade, '')))
  ON CONFLICT DO NOTHING)sql";

constexpr char kNewestConfiguration[] = " WHERE c.device_id = $1::text AND c.kind = 'configuration' ORDER BY c.command_id DESC LIMIT 1";
constexpr char kWantedConfiguration[] =
    " WHERE c.device_id = $1::text AND c.kind = 'configuration' AND c.outcome NOT IN ('refused', 'withdrawn') "
    "ORDER BY c.command_id DESC LIMIT 1";
constexpr char kLastRevision[] = R"sql(
  SELECT greatest(coalesce(d.configuration_revision, 0),
    coalesce((SELECT max((c.payload -> 'configuration' ->> 'revision')::integer) FROM sqal_device_commands c
              WHERE c.device_id = d.device_id AND c.kind = 'configuration'), 0))
  FROM sqal_devices d WHERE d.device_id = $1::text)sql";

// A counter that fell was reset by a boot.
int64_t Step(int64_t before, int64_t after) { return after >= before ? after - before : after; }

Device ReadDevice(pqxx::transaction_base& transaction, const std::string& device_id) {
  return read::ToDevice(
      read::RowCursor(read::Run(transaction, absl::StrCat(read::kDeviceSql, " WHERE d.device_id = $1"), {device_id})[0]));
}

CounterSteps StepsFrom(const pqxx::result& before, const DeviceHeartbeat& heartbeat) {
  CounterSteps steps;
  if (before.empty()) return steps;
  read::RowCursor row(before[0]);
  const int64_t nacks = row.Long(), failures = row.Long(), dropped = row.Long(), boots = row.Long();
  if (!row.Bool()) return steps;
  steps.nacks = Step(nacks, heartbeat.nack_count());
  steps.acquisition_failures = Step(failures, heartbeat.acquisition_failures());
  steps.measurements_dropped = Step(dropped, heartbeat.measurements_dropped());
  steps.boots = std::max<int64_t>(heartbeat.boot_count() - boots, 0);
  return steps;
}

// Never negative: a stream's heartbeat is not checked field by field.
std::string Count(int32_t value) { return absl::StrCat(std::max(value, 0)); }

std::vector<std::string> HeartbeatParams(const DeviceHeartbeat& beat, absl::Time now) {
  return {beat.device_id(),
          ToStorableText(beat.firmware_version(), 50),
          ToStorableText(beat.location(), 400),
          Count(beat.uptime_s()),
          Count(beat.buffer_size()),
          SqlTime(now),
          Count(beat.measurements_sent()),
          Count(beat.nack_count()),
          Count(beat.acquisition_failures()),
          Count(beat.measurements_dropped()),
          Count(beat.boot_count()),
          Count(beat.configuration_revision()),
          Count(beat.calibration_id()),
          ToStorableText(beat.refuses_to_grade(), 200)};
}

// `change` over what is wanted now, with the next revision. The device is locked.
absl::StatusOr<DeviceCommandRecord> PushConfiguration(pqxx::transaction_base& transaction, const std::string& device_id,
                                                      const DeviceConfiguration& change, const std::string& by, absl::Time now) {
  quality::v1::DeviceCommand command;
  command.set_device_id(device_id);
  DeviceConfiguration* configuration = command.mutable_configuration();
  const pqxx::result wanted = read::Run(transaction, absl::StrCat(kCommandSql, kWantedConfiguration), {device_id});
  if (!wanted.empty()) *configuration = ToCommandRecord(read::RowCursor(wanted[0])).command().configuration();
  configuration->MergeFrom(change);
  configuration->set_revision(read::Run(transaction, kLastRevision, {device_id})[0][0].as<int32_t>() + 1);
  return EnqueueCommand(transaction, command, by, now);
}

class PostgresDeviceStore final : public DeviceStore {
 public:
  explicit PostgresDeviceStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<RecordedHeartbeat> RecordHeartbeat(const DeviceHeartbeat& heartbeat, absl::Time now) override {
    return Write<RecordedHeartbeat>([&](pqxx::transaction_base& transaction, RecordedHeartbeat* recorded) {
      const std::string& id = heartbeat.device_id();
      recorded->steps = StepsFrom(read::Run(transaction, kBefore, {id}), heartbeat);
      if (read::Run(transaction, kHeartbeat, HeartbeatParams(heartbeat, now)).affected_rows() == 0) recorded->steps = {};
      read::Run(transaction, kOnline, {id, SqlTime(now)});
      read::Run(transaction, kKeepCounters, {id});
      recorded->device = ReadDevice(transaction, id);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<Device> Update(const std::string& device_id, const DeviceUpdate& update, const Actor& actor, absl::Time now) override {
    return Write<Device>([&](pqxx::transaction_base& transaction, Device* device) -> absl::Status {
      const auto status = LockDevice(transaction, device_id);
      if (!status.ok()) return status.status();
      const Device before = ReadDevice(transaction, device_id);
      ApplyUpdate(transaction, device_id, update);
      *device = ReadDevice(transaction, device_id);
      KeepChange(transaction, "update", before, *device, actor, now);
      if (*status == "retired" || device->config_profile() == before.config_profile()) return absl::OkStatus();
      DeviceConfiguration change;
      change.set_config_profile(device->config_profile());
      const auto pushed = PushConfiguration(transaction, device_id, change, actor.by, now);
      if (!pushed.ok()) return pushed.status();
      *device = ReadDevice(transaction, device_id);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<Device> SetStatus(const std::string& device_id, const std::string& status, const Actor& actor, absl::Time now) override {
    return Write<Device>([&](pqxx::transaction_base& transaction, Device* device) -> absl::Status {
      const auto locked = LockDevice(transaction, device_id);
      if (!locked.ok()) return locked.status();
      const Device before = ReadDevice(transaction, device_id);
      read::Run(transaction, "UPDATE sqal_devices SET status = $2::text WHERE device_id = $1::text", {device_id, status});
      if (status == "retired") WithdrawCommands(transaction, device_id, absl::StrCat("the device was retired by ", actor.by), now);
      *device = ReadDevice(transaction, device_id);
      KeepChange(transaction, status == "retired" ? "retire" : "approve", before, *device, actor, now);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<DeviceCommandRecord> Configure(const std::string& device_id, const DeviceConfiguration& change, const Actor& actor,
                                                absl::Time now) override {
    return Write<DeviceCommandRecord>([&](pqxx::transaction_base& transaction, DeviceCommandRecord* record) -> absl::Status {
      if (const auto status = LockDevice(transaction, device_id); !status.ok()) return status.status();
      const pqxx::result before = read::Run(transaction, absl::StrCat(kCommandSql, kWantedConfiguration), {device_id});
      auto pushed = PushConfiguration(transaction, device_id, change, actor.by, now);
      if (!pushed.ok()) return pushed.status();
      *record = *std::move(pushed);
      DeviceConfiguration old;
      if (!before.empty()) old = ToCommandRecord(read::RowCursor(before[0])).command().configuration();
      KeepConfigurationChange(transaction, device_id, old, record->command().configuration(), actor, now);
      return absl::OkStatus();
    });
  }

  absl::StatusOr<Configuration> ReadConfiguration(const std::string& device_id) override {
    Configuration configuration;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      configuration = {};
      const pqxx::result newest = read::Run(transaction, absl::StrCat(kCommandSql, kNewestConfiguration), {device_id});
      if (!newest.empty()) configuration.newest = ToCommandRecord(read::RowCursor(newest[0]));
      const pqxx::result wanted = read::Run(transaction, absl::StrCat(kCommandSql, kWantedConfiguration), {device_id});
      if (!wanted.empty()) configuration.desired = ToCommandRecord(read::RowCursor(wanted[0])).command().configuration();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return configuration;
  }

  absl::StatusOr<History<DeviceChange>> ListChanges(const HistoryQuery& query) override {
    return List<DeviceChange>(query, kChangesSql, ToChange);
  }
  absl::StatusOr<History<DevicePresence>> ListPresence(const HistoryQuery& query) override {
    return List<DevicePresence>(query, kPresenceSql, ToPresence);
  }
  absl::StatusOr<History<DeviceCounters>> ListCounters(const HistoryQuery& query) override {
    return List<DeviceCounters>(query, kCountersSql, ToCounters);
  }

 private:
  template <typename T, typename Body>
  absl::StatusOr<T> Write(Body body) {
    T value;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      value = T();
      return body(transaction, &value);
    });
    if (!status.ok()) return status;
    return value;
  }

  template <typename Message, typename Convert>
  absl::StatusOr<History<Message>> List(const HistoryQuery& query, const char* sql, Convert convert) {
    History<Message> rows;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      rows.clear();
      if (read::Run(transaction, "SELECT 1 FROM sqal_devices WHERE device_id = $1::text", {query.device_id}).empty()) {
        return DeviceNotFound(query.device_id);
      }
      const std::string before = query.before.has_value() ? absl::StrCat(*query.before) : "9223372036854775807";
      for (const pqxx::row& row : read::Run(transaction, sql, {query.device_id, before, absl::StrCat(query.limit)})) {
        rows.push_back({row[0].as<int64_t>(), convert(read::RowCursor(row))});
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return rows;
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<DeviceStore> NewPostgresDeviceStore(Pool& pool) { return std::make_unique<PostgresDeviceStore>(pool); }

}  // namespace egi::storage::write
