#include "server/storage/write/lot_alerts.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "google/protobuf/util/json_util.h"
#include "server/storage/postgres/severity_name.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::write {
namespace {

// Closes the open alert unless it has severity $3.
constexpr char kClose[] = R"sql(
  WITH gone AS (
    DELETE FROM alert_open o USING alertes_euralis a
    WHERE o.alert_type = $1::text AND o.object_key = $2::text AND a.id = o.alert_id AND a.time = o.time AND a.severite <> $3::text
    RETURNING o.alert_id, o.time, o.occurrences)
  UPDATE alertes_euralis a SET closed_at = now(), occurrences = gone.occurrences FROM gone WHERE a.id = gone.alert_id AND a.time = gone.time)sql";

// Nothing comes back when the alert is open already.
constexpr char kOpen[] = R"sql(
  WITH lot AS (
    SELECT id, code_lot, site_code, gaveur_id,
      (debut_lot + duree_gavage_reelle + time '12:00') AT TIME ZONE 'UTC' AS time FROM lots_gavage WHERE code_lot = $3::text),
  opened AS (
    INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, last_time)
    SELECT $1::text, $2::text, 'EURALIS', nextval('egi_alert_id_seq'), time, time FROM lot
    ON CONFLICT (alert_type, object_key) DO NOTHING RETURNING alert_id, time)
  INSERT INTO alertes_euralis (time, id, niveau, site_code, lot_id, code_lot, gaveur_id, type_alerte, severite, message, valeur_observee,
    valeur_attendue, ecart_pct, object_key, last_time)
  SELECT opened.time, opened.alert_id, 'lot', lot.site_code, lot.id, lot.code_lot, lot.gaveur_id, $1::text, $4::text, $5::text,
    $6::float8, $7::float8, $8::float8, $2::text, opened.time
  FROM opened, lot
  RETURNING id, site_code, gaveur_id, extract(epoch FROM time)::bigint)sql";

std::string Figure(const std::optional<double>& value) { return absl::StrFormat("%.17g", value.value_or(0)); }

}  // namespace

std::optional<realtime::v1::Event> SetLotAlert(pqxx::transaction_base& transaction, const std::string& code_lot, const std::string& type,
                                               const std::optional<analyse::AlertCandidate>& candidate) {
  const std::string object = absl::StrCat("lot:", code_lot);
  const std::string severity = candidate.has_value() ? FrenchSeverity(candidate->severity) : "";
  read::Run(transaction, kClose, {type, object, severity});
  if (!candidate.has_value()) return std::nullopt;
  const pqxx::result rows = read::Run(transaction, kOpen,
                                      {type, object, code_lot, severity, candidate->message, Figure(candidate->observed),
                                       Figure(candidate->expected), Figure(candidate->gap_pct)});
  if (rows.empty()) return std::nullopt;
  read::RowCursor row(rows[0]);
  realtime::v1::Event event;
  realtime::v1::AlertEvent& alert = *event.mutable_alert();
  alert.set_alert_id(row.Int());
  alert.set_origin("EURALIS");
  alert.set_alert_type(type);
  alert.set_severity(EventSeverity(candidate->severity));
  alert.set_message(candidate->message);
  alert.set_site_code(row.Text());
  alert.set_code_lot(code_lot);
  alert.set_gaveur_id(row.Int());
  alert.mutable_time()->set_seconds(rows[0][3].as<int64_t>());
  if (!google::protobuf::util::JsonStringToMessage(candidate->context_json, alert.mutable_data_context()).ok()) alert.clear_data_context();
  return event;
}

}  // namespace egi::storage::write
