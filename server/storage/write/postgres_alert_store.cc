#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/alert_store.h"

namespace egi::storage::write {
namespace {

// Sets what is not set yet, and answers what then stands there. $1 id, $2 who, $3 when.
constexpr char kQuality[] =
    "UPDATE sqal_alerts SET acknowledged_by = CASE WHEN is_acknowledged THEN acknowledged_by ELSE $2 END, "
    "acknowledged_at = CASE WHEN is_acknowledged THEN acknowledged_at ELSE $3::timestamptz END, is_acknowledged = true "
    "WHERE alert_id = $1::bigint RETURNING acknowledged_by, " EGI_US("acknowledged_at");

// $4 comment.
constexpr char kFeeding[] =
    "UPDATE alertes_euralis SET acquittee_par = CASE WHEN acquittee THEN acquittee_par ELSE $2 END, "
    "acquittee_le = CASE WHEN acquittee THEN acquittee_le ELSE $3::timestamptz END, "
    "commentaire = CASE WHEN acquittee THEN commentaire ELSE nullif($4, '') END, acquittee = true "
    "WHERE id = $1::bigint RETURNING acquittee_par, " EGI_US("acquittee_le");

class PostgresAlertStore final : public AlertStore {
 public:
  explicit PostgresAlertStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<Acknowledgement> AcknowledgeQualityAlert(int32_t alert_id, const std::string& by, absl::Time now) override {
    return Acknowledge(kQuality, {std::to_string(alert_id), by, read::SqlTime(now)});
  }

  absl::StatusOr<Acknowledgement> AcknowledgeFeedingAlert(int32_t id, const std::string& by, const std::string& comment,
                                                          absl::Time now) override {
    return Acknowledge(kFeeding, {std::to_string(id), by, read::SqlTime(now), comment});
  }

 private:
  absl::StatusOr<Acknowledgement> Acknowledge(const char* sql, const std::vector<std::string>& params) {
    Acknowledgement acknowledgement;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result rows = read::Run(transaction, sql, params);
      if (rows.empty()) {
        return WithErrorInfo(absl::NotFoundError(absl::StrCat("alert ", params[0], " does not exist; ListAlerts names those that do")),
                             "ALERT_NOT_FOUND", {{"id", params[0]}});
      }
      read::RowCursor row(rows[0]);
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
