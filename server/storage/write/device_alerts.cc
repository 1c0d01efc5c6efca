#include "server/storage/write/device_alerts.h"

#include "absl/strings/str_cat.h"
#include "server/storage/postgres/quality_alerts.h"
#include "server/storage/read/session.h"
#include "server/storage/write/read_alert.h"

namespace egi::storage::write {
namespace {

// $1 type, $2 object, $3 when.
constexpr char kClose[] = R"sql(
  WITH gone AS (
    DELETE FROM alert_open WHERE alert_type = $1::text AND object_key = $2::text RETURNING alert_id, time, occurrences, last_time)
  UPDATE sqal_alerts a SET closed_at = $3::timestamptz, close_reason = 'back_in_range', occurrences = gone.occurrences, last_time = gone.last_time
  FROM gone WHERE a.alert_id = gone.alert_id AND a.time = gone.time RETURNING a.alert_id)sql";

// A shelved alert counts nothing.
constexpr char kCount[] = R"sql(
  UPDATE alert_open SET occurrences = occurrences + 1, last_time = greatest(last_time, $3::timestamptz)
  WHERE alert_type = $1::text AND object_key = $2::text AND coalesce(shelved_until <= $3::timestamptz, true) RETURNING alert_id)sql";

// Nothing comes back when it is open: shelved, or opened by somebody else just now.
constexpr char kOpen[] = R"sql(
  WITH opened AS (
    INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, last_time)
    VALUES ($1::text, $2::text, 'SQAL', nextval('egi_alert_id_seq'), $3::timestamptz, $3::timestamptz)
    ON CONFLICT (alert_type, object_key) DO NOTHING RETURNING alert_id, time)
  INSERT INTO sqal_alerts (time, alert_id, device_id, site_code, alert_type, severity, message, data_context, object_key, last_time)
  SELECT opened.time, opened.alert_id, d.device_id, d.site_code, $1::text, $5::text, $6::text, $7::jsonb, $2::text, opened.time
  FROM opened, sqal_devices d WHERE d.device_id = $4::text
  RETURNING alert_id)sql";

}  // namespace

std::optional<realtime::v1::Event> SetDeviceAlert(pqxx::transaction_base& transaction, const std::string& device_id, const std::string& type,
                                                  const std::optional<analyse::AlertCandidate>& candidate, absl::Time now) {
  const std::string object = absl::StrCat("device:", device_id);
  if (!candidate.has_value()) {
    const pqxx::result closed = read::Run(transaction, kClose, {type, object, SqlTime(now)});
    if (closed.empty()) return std::nullopt;
    return ReadAlert(transaction, AlertOriginKind::kQuality, closed[0][0].c_str(), now);
  }
  if (!read::Run(transaction, kCount, {type, object, SqlTime(now)}).empty()) return std::nullopt;
  const std::string context = candidate->context_json.empty() ? "{}" : candidate->context_json;
  const pqxx::result rows = read::Run(transaction, kOpen,
                                      {type, object, SqlTime(now), device_id, QualitySeverity(candidate->severity), candidate->message, context});
  if (rows.empty()) return std::nullopt;
  return ReadAlert(transaction, AlertOriginKind::kQuality, rows[0][0].c_str(), now);
}

}  // namespace egi::storage::write
