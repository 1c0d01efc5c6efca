#include "server/storage/write/read_alert.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "server/storage/postgres/alert_event.h"
#include "server/storage/read/session.h"

namespace egi::storage::write {

realtime::v1::Event ReadAlert(pqxx::transaction_base& transaction, AlertOriginKind origin, const std::string& id, absl::Time now) {
  const bool quality = origin == AlertOriginKind::kQuality;
  const pqxx::result rows = read::Run(
      transaction,
      absl::StrCat("SELECT ", quality ? kQualityEventColumns : kFeedingEventColumns, " FROM ", quality ? kQualityEventTables : kFeedingEventTables,
                   " WHERE ", quality ? "a.alert_id" : "a.id", " = $1::bigint"),
      {id});
  if (rows.empty()) throw pqxx::conversion_error(absl::StrCat("alert ", id, " is gone"));
  std::vector<std::string> columns;
  for (int c = 0; c < kAlertEventColumns; ++c) columns.emplace_back(rows[0][c].c_str());
  auto alert = ReadAlertEvent(columns, now);
  if (!alert.ok()) throw pqxx::conversion_error(std::string(alert.status().message()));
  realtime::v1::Event event;
  *event.mutable_alert() = *std::move(alert);
  return event;
}

}  // namespace egi::storage::write
