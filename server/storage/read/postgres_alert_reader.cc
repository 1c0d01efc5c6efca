#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

// While an alert is open its repeats are counted in alert_open.
constexpr char kFeedingAlert[] =
    "SELECT a.id, " EGI_US("a.time") ", a.niveau, a.site_code, a.lot_id, a.code_lot, a.gaveur_id, a.type_alerte, a.severite, "
    "a.message, a.valeur_observee, a.valeur_attendue, a.ecart_pct, a.acquittee, a.acquittee_par, " EGI_US("a.acquittee_le")
    ", greatest(a.occurrences, o.occurrences) FROM alertes_euralis a LEFT JOIN alert_open o ON o.alert_id = a.id";

constexpr char kQualityAlert[] =
    "SELECT " EGI_US("a.time") ", a.alert_id, a.device_id, a.sample_id, a.alert_type, a.severity, a.message, a.data_context, "
    "a.is_acknowledged, " EGI_US("a.acknowledged_at") ", a.acknowledged_by, greatest(a.occurrences, o.occurrences), a.code_lot, "
    "a.site_code FROM sqal_alerts a LEFT JOIN alert_open o ON o.alert_id = a.alert_id";

feeding::v1::FeedingAlert ToFeedingAlert(RowCursor row) {
  using Alert = feeding::v1::FeedingAlert;
  Alert alert;
  alert.set_id(row.Int());
  row.Set(&alert, &Alert::mutable_time);
  alert.set_niveau(row.Text());
  alert.set_site_code(row.Text());
  row.Set(&alert, &Alert::mutable_lot_id);
  row.Set(&alert, &Alert::mutable_code_lot);
  row.Set(&alert, &Alert::mutable_gaveur_id);
  alert.set_type_alerte(row.Text());
  alert.set_severite(row.Text());
  alert.set_criticite(alert.severite());
  alert.set_message(row.Text());
  alert.set_titre(alert.message());
  row.Set(&alert, &Alert::mutable_valeur_observee);
  row.Set(&alert, &Alert::mutable_valeur_attendue);
  row.Set(&alert, &Alert::mutable_ecart_pct);
  alert.set_acquittee(row.Bool());
  row.Set(&alert, &Alert::mutable_acquittee_par);
  row.Set(&alert, &Alert::mutable_acquittee_le);
  alert.set_occurrences(row.Int());
  return alert;
}

quality::v1::QualityAlert ToQualityAlert(RowCursor row) {
  using Alert = quality::v1::QualityAlert;
  Alert alert;
  row.Set(&alert, &Alert::mutable_time);
  alert.set_alert_id(row.Int());
  alert.set_device_id(row.Text());
  alert.set_sample_id(row.Text());
  alert.set_alert_type(row.Text());
  alert.set_severity(row.Text());
  alert.set_message(row.Text());
  row.Set(&alert, &Alert::mutable_data_context);
  alert.set_is_acknowledged(row.Bool());
  row.Set(&alert, &Alert::mutable_acknowledged_at);
  row.Set(&alert, &Alert::mutable_acknowledged_by);
  alert.set_occurrences(row.Int());
  row.Set(&alert, &Alert::mutable_code_lot);
  row.Set(&alert, &Alert::mutable_site_code);
  return alert;
}

// Keyset: everything after `after` in the order (time, id), both falling.
void AddAfter(const std::optional<AlertPosition>& after, const std::string& id_column, Conditions& where) {
  if (!after.has_value()) return;
  const std::string time = where.Bind(SqlTime(after->time));
  where.Add(absl::StrCat("(a.time, ", id_column, ") < (", time, "::timestamptz, ", where.Bind(after->id), "::bigint)"));
}

class PostgresAlertReader final : public AlertReader {
 public:
  explicit PostgresAlertReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<feeding::v1::FeedingAlert>> ListFeedingAlerts(const FeedingAlertQuery& query) override {
    Conditions where;
    if (!query.niveau.empty()) where.Add("a.niveau = $", query.niveau);
    if (!query.site_code.empty()) where.Add("a.site_code = $", query.site_code);
    if (!query.severite.empty()) where.Add("a.severite = $", query.severite);
    if (query.acquittee.has_value()) where.Add(*query.acquittee ? "a.acquittee" : "NOT a.acquittee");
    AddAfter(query.after, "a.id", where);
    const std::string limit = where.Bind(query.limit);
    return ReadRows<feeding::v1::FeedingAlert>(
        pool_, absl::StrCat(kFeedingAlert, where.Sql(), " ORDER BY a.time DESC, a.id DESC LIMIT ", limit, "::integer"),
        where.params(), ToFeedingAlert);
  }

  absl::StatusOr<std::vector<quality::v1::QualityAlert>> ListQualityAlerts(const QualityAlertQuery& query) override {
    Conditions where;
    where.Add("a.time >= $::timestamptz", SqlTime(query.start));
    where.Add("a.time < $::timestamptz", SqlTime(query.end));
    if (!query.severity.empty()) where.Add("a.severity = $", query.severity);
    if (query.is_acknowledged.has_value()) where.Add(*query.is_acknowledged ? "a.is_acknowledged" : "NOT a.is_acknowledged");
    AddAfter(query.after, "a.alert_id", where);
    const std::string limit = where.Bind(query.limit);
    return ReadRows<quality::v1::QualityAlert>(
        pool_, absl::StrCat(kQualityAlert, where.Sql(), " ORDER BY a.time DESC, a.alert_id DESC LIMIT ", limit, "::integer"),
        where.params(), ToQualityAlert);
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<AlertReader> NewPostgresAlertReader(Pool& pool) { return std::make_unique<PostgresAlertReader>(pool); }

}  // namespace egi::storage::read
