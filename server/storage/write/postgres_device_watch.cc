#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/storage/postgres/event_append.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/device_watch.h"
#include "server/storage/write/read_alert.h"

namespace egi::storage::write {
namespace {

// $1 instant after which a message means online. Two servers at once: the second finds the row changed and does nothing.
constexpr char kOnline[] = R"sql(
  WITH came AS (
    UPDATE sqal_devices SET presence = 'online', presence_since = last_seen
    WHERE last_seen > $1::timestamptz AND presence IS DISTINCT FROM 'online' RETURNING device_id, presence_since)
  INSERT INTO sqal_device_presence (device_id, time, status) SELECT device_id, presence_since, 'online' FROM came)sql";

// $1 the same instant. A device that spoke before this schema is offline without a transition.
constexpr char kOffline[] = R"sql(
  WITH gone AS (
    UPDATE sqal_devices SET presence = 'offline', presence_since = last_seen
    WHERE last_seen <= $1::timestamptz AND presence IS DISTINCT FROM 'offline' RETURNING device_id, presence_since)
  INSERT INTO sqal_device_presence (device_id, time, status) SELECT device_id, presence_since, 'offline' FROM gone)sql";

// $1 now, $2 instant up to which a last message means silence, $3 seconds of it. Opened once a silence: acknowledging does not open it again.
constexpr char kOpenSilent[] = R"sql(
  WITH silent AS (
    UPDATE sqal_devices SET silent_alert_at = $1::timestamptz
    WHERE status = 'active' AND silent_alert_at IS NULL AND last_seen <= $2::timestamptz
    RETURNING device_id, site_code, last_seen),
  opened AS (
    INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, last_time)
    SELECT 'device_silent', 'device:' || device_id, 'SQAL', nextval('egi_alert_id_seq'), $1::timestamptz, $1::timestamptz FROM silent
    ON CONFLICT (alert_type, object_key) DO NOTHING RETURNING alert_id, object_key)
  INSERT INTO sqal_alerts (time, alert_id, device_id, site_code, alert_type, severity, message, data_context, object_key, last_time)
  SELECT $1::timestamptz, o.alert_id, s.device_id, s.site_code, 'device_silent', 'warning',
    format('station %s has sent nothing since %s UTC; check its power and its network', s.device_id,
           to_char(s.last_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')),
    jsonb_build_object('last_seen', to_char(s.last_seen AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'silent_after_s', $3::integer),
    o.object_key, $1::timestamptz
  FROM opened o JOIN silent s ON o.object_key = 'device:' || s.device_id
  RETURNING alert_id)sql";

// $1 now, $2 instant after which a message ends the silence.
constexpr char kCloseSilent[] = R"sql(
  WITH speaking AS (
    UPDATE sqal_devices SET silent_alert_at = NULL
    WHERE silent_alert_at IS NOT NULL AND (last_seen > $2::timestamptz OR status <> 'active') RETURNING device_id),
  closed AS (
    DELETE FROM alert_open o USING speaking s
    WHERE o.alert_type = 'device_silent' AND o.object_key = 'device:' || s.device_id RETURNING o.alert_id, o.time)
  UPDATE sqal_alerts a SET closed_at = $1::timestamptz, close_reason = 'back_in_range' FROM closed c
  WHERE a.alert_id = c.alert_id AND a.time = c.time RETURNING a.alert_id)sql";

constexpr char kCounts[] = R"sql(
  SELECT count(*) FILTER (WHERE presence = 'online'), count(*) FILTER (WHERE presence = 'offline'),
    count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE silent_alert_at IS NOT NULL),
    count(*) FILTER (WHERE presence = 'online' AND refuses_to_grade IS NOT NULL),
    coalesce(sum(buffer_size) FILTER (WHERE presence = 'online'), 0),
    (SELECT count(*) FROM sqal_device_commands WHERE outcome IN ('open', 'in_progress'))
  FROM sqal_devices)sql";

class PostgresDeviceWatch final : public DeviceWatch {
 public:
  explicit PostgresDeviceWatch(Pool& pool) : pool_(pool) {}

  absl::StatusOr<DeviceCounts> Look(absl::Time now, absl::Duration listening, absl::Duration silent_after) override {
    DeviceCounts counts;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) {
      const std::string online_since = SqlTime(now - kOfflineAfter), speaking_since = SqlTime(now - silent_after);
      read::Run(transaction, kOnline, {online_since});
      if (listening >= kOfflineAfter) read::Run(transaction, kOffline, {online_since});
      std::vector<realtime::v1::Event> changed;
      for (const pqxx::row& row : read::Run(transaction, kCloseSilent, {SqlTime(now), speaking_since})) {
        changed.push_back(ReadAlert(transaction, AlertOriginKind::kQuality, row[0].c_str(), now));
      }
      if (listening >= silent_after) {
        for (const pqxx::row& row : read::Run(transaction, kOpenSilent,
                                              {SqlTime(now), speaking_since, absl::StrCat(absl::ToInt64Seconds(silent_after))})) {
          changed.push_back(ReadAlert(transaction, AlertOriginKind::kQuality, row[0].c_str(), now));
        }
      }
      counts = ToCounts(read::RowCursor(read::Run(transaction, kCounts, {})[0]));
      AppendEvents(transaction, "alert", changed);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return counts;
  }

 private:
  static DeviceCounts ToCounts(read::RowCursor row) {
    DeviceCounts counts;
    counts.online = row.Long();
    counts.offline = row.Long();
    counts.pending = row.Long();
    counts.silent = row.Long();
    counts.refusing = row.Long();
    counts.buffered = row.Long();
    counts.open_commands = row.Long();
    return counts;
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<DeviceWatch> NewPostgresDeviceWatch(Pool& pool) { return std::make_unique<PostgresDeviceWatch>(pool); }

}  // namespace egi::storage::write
