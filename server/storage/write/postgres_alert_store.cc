#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/analyse/alert_life.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/event_append.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/alert_store.h"
#include "server/storage/write/read_alert.h"

namespace egi::storage::write {
namespace {

using analyse::AlertChange;
using analyse::AlertLife;

// The statements of one origin. $1 is the id.
struct Statements {
  const char* load;         // acknowledged, by, at, shelved_until, closed_at, close_reason
  const char* acknowledge;  // $2 who, $3 when, $4 comment
  const char* shelve;       // $2 until, $3 who, $4 why
  const char* unshelve;     // $2 who
};

constexpr Statements kQuality = {
    "SELECT is_acknowledged, acknowledged_by, " EGI_US("acknowledged_at") ", " EGI_US("shelved_until") ", " EGI_US("closed_at")
    ", close_reason FROM sqal_alerts WHERE alert_id = $1::bigint FOR UPDATE",
    "UPDATE sqal_alerts SET is_acknowledged = true, acknowledged_by = $2::text, acknowledged_at = $3::timestamptz, comment = nullif($4::text, '') "
    "WHERE alert_id = $1::bigint",
    "UPDATE sqal_alerts SET shelved_until = $2::timestamptz, shelved_by = $3::text, shelve_reason = $4::text, unshelved_by = NULL "
    "WHERE alert_id = $1::bigint",
    "UPDATE sqal_alerts SET shelved_until = NULL, unshelved_by = $2::text WHERE alert_id = $1::bigint"};

constexpr Statements kFeeding = {
    "SELECT acquittee, acquittee_par, " EGI_US("acquittee_le") ", " EGI_US("shelved_until") ", " EGI_US("closed_at")
    ", close_reason FROM alertes_euralis WHERE id = $1::bigint FOR UPDATE",
    "UPDATE alertes_euralis SET acquittee = true, acquittee_par = $2::text, acquittee_le = $3::timestamptz, commentaire = nullif($4::text, '') "
    "WHERE id = $1::bigint",
    "UPDATE alertes_euralis SET shelved_until = $2::timestamptz, shelved_by = $3::text, shelve_reason = $4::text, unshelved_by = NULL "
    "WHERE id = $1::bigint",
    "UPDATE alertes_euralis SET shelved_until = NULL, unshelved_by = $2::text WHERE id = $1::bigint"};

// The row of alert_open is locked first, as by the committers; a closed alert has none.
constexpr char kLock[] = "SELECT 1 FROM alert_open WHERE alert_id = $1::bigint FOR UPDATE";
constexpr char kAcknowledgeOpen[] = "UPDATE alert_open SET acknowledged = true WHERE alert_id = $1::bigint";
constexpr char kShelveOpen[] = "UPDATE alert_open SET shelved_until = nullif($2::text, '')::timestamptz WHERE alert_id = $1::bigint";

struct Stored {
  AlertLife life;
  Acknowledgement acknowledgement;
};

class PostgresAlertStore final : public AlertStore {
 public:
  explicit PostgresAlertStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<Acknowledgement> Acknowledge(AlertOriginKind origin, int32_t id, const std::string& by, const std::string& comment,
                                              absl::Time now) override {
    Acknowledgement acknowledgement;
    const absl::Status status =
        Change(origin, id, now, [&](pqxx::transaction_base& transaction, const Statements& sql, Stored stored, bool* changed) {
          acknowledgement = stored.acknowledgement;
          if (analyse::Acknowledge(&stored.life) == AlertChange::kNone) return absl::OkStatus();
          acknowledgement = {by, now};
          read::Run(transaction, sql.acknowledge, {std::to_string(id), by, SqlTime(now), comment});
          read::Run(transaction, kAcknowledgeOpen, {std::to_string(id)});
          *changed = true;
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
    return acknowledgement;
  }

  absl::Status Shelve(AlertOriginKind origin, int32_t id, const std::string& by, const std::string& reason, absl::Time until,
                      absl::Time now) override {
    return Change(origin, id, now, [&](pqxx::transaction_base& transaction, const Statements& sql, Stored stored, bool* changed) {
      const absl::Status allowed = analyse::Shelve(until, now, &stored.life);
      if (absl::IsInvalidArgument(allowed)) return InvalidFields({{"until", std::string(allowed.message())}});
      if (!allowed.ok()) return WithErrorInfo(allowed, "ALERT_CLOSED", {{"id", std::to_string(id)}});
      read::Run(transaction, sql.shelve, {std::to_string(id), SqlTime(until), by, reason});
      read::Run(transaction, kShelveOpen, {std::to_string(id), SqlTime(until)});
      *changed = true;
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::string> Unshelve(AlertOriginKind origin, int32_t id, const std::string& by, absl::Time now) override {
    std::string state;
    const absl::Status status =
        Change(origin, id, now, [&](pqxx::transaction_base& transaction, const Statements& sql, Stored stored, bool* changed) {
          *changed = stored.life.shelved_until != absl::InfinitePast();
          const absl::Status allowed = analyse::Unshelve(&stored.life);
          if (!allowed.ok()) return WithErrorInfo(allowed, "ALERT_CLOSED", {{"id", std::to_string(id)}});
          state = analyse::NameOf(analyse::StateOf(stored.life, now));
          if (!*changed) return absl::OkStatus();
          read::Run(transaction, sql.unshelve, {std::to_string(id), by});
          read::Run(transaction, kShelveOpen, {std::to_string(id), ""});
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
    return state;
  }

 private:
  using Decide = std::function<absl::Status(pqxx::transaction_base&, const Statements&, Stored, bool* changed)>;

  static Stored Load(const pqxx::row& columns) {
    Stored stored;
    read::RowCursor row(columns);
    stored.life.acknowledged = row.Bool();
    stored.acknowledgement.by = row.Text();
    stored.acknowledgement.at = row.Time();
    stored.life.shelved_until = row.Time();
    const bool closed = !row.IsNull();
    stored.life.closed_time = row.Time();
    const std::string reason = row.Text();
    if (closed) stored.life.close_reason = reason.empty() ? analyse::kBackInRange : reason;
    return stored;
  }

  // Locks the alert, lets `decide` change it, and tells what changed.
  absl::Status Change(AlertOriginKind origin, int32_t id, absl::Time now, const Decide& decide) {
    const Statements& sql = origin == AlertOriginKind::kQuality ? kQuality : kFeeding;
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      read::Run(transaction, kLock, {std::to_string(id)});
      const pqxx::result found = read::Run(transaction, sql.load, {std::to_string(id)});
      if (found.empty()) {
        return WithErrorInfo(absl::NotFoundError(absl::StrCat("alert ", id, " does not exist; GET ", origin == AlertOriginKind::kQuality ? "/api/sqal/alerts" : "/api/euralis/alertes", " (ListAlerts) names those that do")),
                             "ALERT_NOT_FOUND", {{"id", std::to_string(id)}});
      }
      bool changed = false;
      if (absl::Status status = decide(transaction, sql, Load(found[0]), &changed); !status.ok()) return status;
      if (!changed) return absl::OkStatus();
      AppendEvents(transaction, "alert", {ReadAlert(transaction, origin, std::to_string(id), now)});
      return absl::OkStatus();
    });
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<AlertStore> NewPostgresAlertStore(Pool& pool) { return std::make_unique<PostgresAlertStore>(pool); }

}  // namespace egi::storage::write
