#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/event_append.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/alert_store.h"

namespace egi::storage::write {
namespace {

// $1 id, $2 who, $3 when. A sample does not take an alert back, so acknowledging closes it: the next bad sample opens a new one.
constexpr char kQuality[] = R"sql(
  WITH closed AS (DELETE FROM alert_open WHERE alert_id = $1::bigint AND origin = 'SQAL' RETURNING alert_id, occurrences, last_time)
  UPDATE sqal_alerts a SET is_acknowledged = true, acknowledged_by = $2::text, acknowledged_at = $3::timestamptz,
         closed_at = $3::timestamptz,
         occurrences = greatest(a.occurrences, (SELECT occurrences FROM closed)),
         last_time = greatest(a.last_time, (SELECT last_time FROM closed))
  WHERE a.alert_id = $1::bigint AND NOT a.is_acknowledged
  RETURNING a.alert_id, 'SQAL', a.alert_type, a.severity, a.message, coalesce(a.device_id, ''), coalesce(a.sample_id, ''), a.site_code,
            a.code_lot, (SELECT l.gaveur_id FROM lots_gavage l WHERE l.id = a.lot_id), a.data_context, )sql" EGI_US("a.time");

// $4 comment. A feeding alert stays open until its measure is back in range (domain.md section 9).
constexpr char kFeeding[] = R"sql(
  UPDATE alertes_euralis a SET acquittee = true, acquittee_par = $2::text, acquittee_le = $3::timestamptz, commentaire = nullif($4::text, '')
  WHERE a.id = $1::bigint AND NOT a.acquittee
  RETURNING a.id, 'EURALIS', a.type_alerte, CASE a.severite WHEN 'critique' THEN 'critical' ELSE a.severite END, a.message, '', '',
            a.site_code, a.code_lot, a.gaveur_id, jsonb_strip_nulls(jsonb_build_object('valeur_observee', a.valeur_observee,
            'valeur_attendue', a.valeur_attendue, 'ecart_pct', a.ecart_pct)), )sql" EGI_US("a.time");

constexpr char kQualityKnown[] =
    "SELECT acknowledged_by, " EGI_US("acknowledged_at") " FROM sqal_alerts WHERE alert_id = $1::bigint AND is_acknowledged";
constexpr char kFeedingKnown[] =
    "SELECT acquittee_par, " EGI_US("acquittee_le") " FROM alertes_euralis WHERE id = $1::bigint AND acquittee";

// The columns of the RETURNING clauses above.
realtime::v1::Event ToEvent(read::RowCursor row, const std::string& by) {
  realtime::v1::Event event;
  realtime::v1::AlertEvent& alert = *event.mutable_alert();
  alert.set_alert_id(row.Int());
  alert.set_origin(row.Text());
  alert.set_alert_type(row.Text());
  alert.set_severity(row.Text());
  alert.set_message(row.Text());
  alert.set_device_id(row.Text());
  alert.set_sample_id(row.Text());
  alert.set_site_code(row.Text());
  alert.set_code_lot(row.Text());
  alert.set_gaveur_id(row.Int());
  row.Set(&alert, &realtime::v1::AlertEvent::mutable_data_context);
  row.Set(&alert, &realtime::v1::AlertEvent::mutable_time);
  alert.set_is_acknowledged(true);
  alert.set_acknowledged_by(by);
  return event;
}

class PostgresAlertStore final : public AlertStore {
 public:
  explicit PostgresAlertStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<Acknowledgement> AcknowledgeQualityAlert(int32_t alert_id, const std::string& by, absl::Time now) override {
    return Acknowledge(kQuality, kQualityKnown, {std::to_string(alert_id), by, SqlTime(now)}, now);
  }

  absl::StatusOr<Acknowledgement> AcknowledgeFeedingAlert(int32_t id, const std::string& by, const std::string& comment,
                                                          absl::Time now) override {
    return Acknowledge(kFeeding, kFeedingKnown, {std::to_string(id), by, SqlTime(now), comment}, now);
  }

 private:
  // Only the first acknowledgement changes the alert and is an event.
  absl::StatusOr<Acknowledgement> Acknowledge(const char* update, const char* known, const std::vector<std::string>& params,
                                              absl::Time now) {
    Acknowledgement acknowledgement;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result first = read::Run(transaction, update, params);
      if (!first.empty()) {
        acknowledgement = {params[1], now};
        AppendEvents(transaction, "alert", {ToEvent(read::RowCursor(first[0]), params[1])});
        return absl::OkStatus();
      }
      const pqxx::result earlier = read::Run(transaction, known, {params[0]});
      if (earlier.empty()) {
        return WithErrorInfo(absl::NotFoundError(absl::StrCat("alert ", params[0], " does not exist; ListAlerts names those that do")),
                             "ALERT_NOT_FOUND", {{"id", params[0]}});
      }
      read::RowCursor row(earlier[0]);
      acknowledgement.by = row.Text();
      acknowledgement.at = row.Time();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return acknowledgement;
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<AlertStore> NewPostgresAlertStore(Pool& pool) { return std::make_unique<PostgresAlertStore>(pool); }

}  // namespace egi::storage::write
