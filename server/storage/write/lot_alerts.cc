#include "server/storage/write/lot_alerts.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/analyse/alert_life.h"
#include "server/storage/postgres/severity_name.h"
#include "server/storage/read/session.h"
#include "server/storage/write/read_alert.h"

namespace egi::storage::write {
namespace {

// Closes the open alert unless it has severity $3; $4 why.
constexpr char kClose[] = R"sql(
  WITH gone AS (
    DELETE FROM alert_open o USING alertes_euralis a
    WHERE o.alert_type = $1::text AND o.object_key = $2::text AND a.id = o.alert_id AND a.time = o.time AND a.severite <> $3::text
    RETURNING o.alert_id, o.time, o.occurrences)
  UPDATE alertes_euralis a SET closed_at = now(), close_reason = $4::text, occurrences = gone.occurrences FROM gone
  WHERE a.id = gone.alert_id AND a.time = gone.time
  RETURNING a.id)sql";

// Nothing comes back when the alert is open already.
constexpr char kOpen[] = R"sql(
  WITH lot AS (
    SELECT id, code_lot, site_code, gaveur_id,
      least((coalesce(debut_lot + duree_gavage_reelle, date_abattage, (now() AT TIME ZONE 'UTC')::date) + time '12:00') AT TIME ZONE 'UTC', now()) AS time FROM lots_gavage WHERE code_lot = $3::text),
  opened AS (
    INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, last_time, severity)
    SELECT $1::text, $2::text, 'EURALIS', nextval('egi_alert_id_seq'), time, time,
      array_position(ARRAY['info', 'warning', 'important', 'critique'], $4::text) - 1 FROM lot
    ON CONFLICT (alert_type, object_key) DO NOTHING RETURNING alert_id, time)
  INSERT INTO alertes_euralis (time, id, niveau, site_code, lot_id, code_lot, gaveur_id, type_alerte, severite, message, valeur_observee,
    valeur_attendue, ecart_pct, object_key, last_time, data_context)
  SELECT opened.time, opened.alert_id, 'lot', lot.site_code, lot.id, lot.code_lot, lot.gaveur_id, $1::text, $4::text, $5::text,
    $6::float8, $7::float8, $8::float8, $2::text, opened.time, $9::jsonb
  FROM opened, lot
  RETURNING id)sql";

std::string Figure(const std::optional<double>& value) { return absl::StrFormat("%.17g", value.value_or(0)); }

}  // namespace

std::vector<realtime::v1::Event> SetLotAlert(pqxx::transaction_base& transaction, const std::string& code_lot, const std::string& type,
                                             const std::optional<analyse::AlertCandidate>& candidate) {
  std::vector<realtime::v1::Event> events;
  const std::string object = absl::StrCat("lot:", code_lot);
  const std::string severity = candidate.has_value() ? FrenchSeverity(candidate->severity) : "";
  const std::string reason = candidate.has_value() ? analyse::kEscalated : analyse::kBackInRange;
  const pqxx::result closed = read::Run(transaction, kClose, {type, object, severity, reason});
  if (!closed.empty()) events.push_back(ReadAlert(transaction, AlertOriginKind::kFeeding, closed[0][0].c_str(), absl::InfiniteFuture()));
  if (!candidate.has_value()) return events;
  const std::string context = candidate->context_json.empty() ? "{}" : candidate->context_json;
  const pqxx::result opened = read::Run(transaction, kOpen,
                                        {type, object, code_lot, severity, candidate->message, Figure(candidate->observed),
                                         Figure(candidate->expected), Figure(candidate->gap_pct), context});
  if (!opened.empty()) events.push_back(ReadAlert(transaction, AlertOriginKind::kFeeding, opened[0][0].c_str(), absl::InfiniteFuture()));
  return events;
}

}  // namespace egi::storage::write
