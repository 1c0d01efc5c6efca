#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

// Evidence, the columns of the life, and a comma before the state.
#define EGI_ALERT_LIFE                                                                                                               \
  " || jsonb_strip_nulls(jsonb_build_object('last_sample', o.last_sample, 'worst_sample', o.worst_sample, 'worst_observed', "        \
  "o.worst_observed)), " EGI_US("greatest(a.last_time, o.last_time)") ", " EGI_US("a.shelved_until") ", a.shelved_by, a.shelve_reason, " \
  EGI_US("a.closed_at") ", a.close_reason, "

namespace egi::storage::read {
namespace {

// The state of an alert at `now`, a parameter, as analyse::StateOf tells it. `acknowledged` is the column of the origin.
std::string StateSql(const std::string& now, const char* acknowledged) {
  return absl::StrCat("CASE WHEN a.closed_at IS NOT NULL THEN 'closed' WHEN a.shelved_until > ", now, "::timestamptz THEN 'shelved' WHEN ",
                      acknowledged, " THEN 'acknowledged' ELSE 'open' END");
}

// While an alert is open its repeats are counted in alert_open.
constexpr char kFeedingAlert[] =
    "SELECT a.id, " EGI_US("a.time") ", a.niveau, a.site_code, a.lot_id, a.code_lot, a.gaveur_id, a.type_alerte, a.severite, "
    "a.message, a.valeur_observee, a.valeur_attendue, a.ecart_pct, a.acquittee, a.acquittee_par, " EGI_US("a.acquittee_le")
    ", greatest(a.occurrences, o.occurrences), a.commentaire, " EGI_US("a.created_at") ", coalesce(a.data_context, '{}')" EGI_ALERT_LIFE;

constexpr char kQualityAlert[] =
    "SELECT " EGI_US("a.time") ", a.alert_id, a.device_id, a.sample_id, a.alert_type, a.severity, a.message, "
    "a.is_acknowledged, " EGI_US("a.acknowledged_at") ", a.acknowledged_by, greatest(a.occurrences, o.occurrences), a.code_lot, "
    "a.site_code, a.comment, a.data_context" EGI_ALERT_LIFE;

// The columns of EGI_ALERT_LIFE and the state behind them.
template <typename Alert>
void SetLife(RowCursor& row, Alert* alert) {
  row.Set(alert, &Alert::mutable_data_context);
  row.Set(alert, &Alert::mutable_last_time);
  row.Set(alert, &Alert::mutable_shelved_until);
  row.Set(alert, &Alert::mutable_shelved_by);
  row.Set(alert, &Alert::mutable_shelve_reason);
  row.Set(alert, &Alert::mutable_closed_at);
  row.Set(alert, &Alert::mutable_close_reason);
  alert->set_state(row.Text());
}

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
  row.Set(&alert, &Alert::mutable_commentaire);
  row.Set(&alert, &Alert::mutable_created_at);
  SetLife(row, &alert);
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
  alert.set_is_acknowledged(row.Bool());
  row.Set(&alert, &Alert::mutable_acknowledged_at);
  row.Set(&alert, &Alert::mutable_acknowledged_by);
  alert.set_occurrences(row.Int());
  row.Set(&alert, &Alert::mutable_code_lot);
  row.Set(&alert, &Alert::mutable_site_code);
  row.Set(&alert, &Alert::mutable_comment);
  SetLife(row, &alert);
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
    const std::string state = StateSql(where.Bind(SqlTime(query.now)), "a.acquittee");
    if (!query.state.empty()) where.Add(absl::StrCat("(", state, ") = ", where.Bind(query.state), "::text"));
    if (!query.niveau.empty()) where.Add("a.niveau = $", query.niveau);
    if (!query.site_code.empty()) where.Add("a.site_code = $", query.site_code);
    if (!query.severite.empty()) where.Add("a.severite = $", query.severite);
    if (query.acquittee.has_value()) where.Add(*query.acquittee ? "a.acquittee" : "NOT a.acquittee");
    if (query.lot_id > 0) where.Add("a.lot_id = $::integer", std::to_string(query.lot_id));
    if (query.gaveur_id > 0) where.Add("a.gaveur_id = $::integer", std::to_string(query.gaveur_id));
    if (query.active_only) where.Add("NOT a.acquittee AND a.closed_at IS NULL");
    AddAfter(query.after, "a.id", where);
    const std::string limit = where.Bind(query.limit);
    return ReadRows<feeding::v1::FeedingAlert>(
        pool_, absl::StrCat(kFeedingAlert, state, " FROM alertes_euralis a LEFT JOIN alert_open o ON o.alert_id = a.id", where.Sql(), " ORDER BY a.time DESC, a.id DESC LIMIT ", limit, "::integer"),
        where.params(), ToFeedingAlert);
  }

  absl::StatusOr<std::vector<AlertCount>> CountFeedingAlerts(int32_t lot_id, int32_t gaveur_id) override {
    Conditions where;
    if (lot_id > 0) where.Add("a.lot_id = $::integer", std::to_string(lot_id));
    if (gaveur_id > 0) where.Add("a.gaveur_id = $::integer", std::to_string(gaveur_id));
    static constexpr char kSql[] =
        "SELECT a.severite, a.type_alerte, a.acquittee, a.closed_at IS NOT NULL, count(*), " EGI_US("max(greatest(a.last_time, o.last_time, a.time))")
        " FROM alertes_euralis a LEFT JOIN alert_open o ON o.alert_id = a.id";
    return ReadRows<AlertCount>(pool_, absl::StrCat(kSql, where.Sql(), " GROUP BY 1, 2, 3, 4"), where.params(), [](RowCursor row) {
      AlertCount count;
      count.severite = row.Text();
      count.type = row.Text();
      count.acquittee = row.Bool();
      count.closed = row.Bool();
      count.count = row.Int();
      count.newest = row.Time();
      return count;
    });
  }

  absl::StatusOr<std::vector<quality::v1::QualityAlert>> ListQualityAlerts(const QualityAlertQuery& query) override {
    Conditions where;
    const std::string state = StateSql(where.Bind(SqlTime(query.now)), "a.is_acknowledged");
    if (!query.state.empty()) where.Add(absl::StrCat("(", state, ") = ", where.Bind(query.state), "::text"));
    where.Add("a.time >= $::timestamptz", SqlTime(query.start));
    where.Add("a.time < $::timestamptz", SqlTime(query.end));
    if (!query.severity.empty()) where.Add("a.severity = $", query.severity);
    if (query.is_acknowledged.has_value()) where.Add(*query.is_acknowledged ? "a.is_acknowledged" : "NOT a.is_acknowledged");
    AddAfter(query.after, "a.alert_id", where);
    const std::string limit = where.Bind(query.limit);
    return ReadRows<quality::v1::QualityAlert>(
        pool_, absl::StrCat(kQualityAlert, state, " FROM sqal_alerts a LEFT JOIN alert_open o ON o.alert_id = a.alert_id", where.Sql(), " ORDER BY a.time DESC, a.alert_id DESC LIMIT ", limit, "::integer"),
        where.params(), ToQualityAlert);
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<AlertReader> NewPostgresAlertReader(Pool& pool) { return std::make_unique<PostgresAlertReader>(pool); }

}  // namespace egi::storage::read
