// The open alerts of a transaction in the database: read and locked once, written once, whatever the number of readings.
#ifndef EGI_SERVER_STORAGE_POSTGRES_ALERT_ROWS_H_
#define EGI_SERVER_STORAGE_POSTGRES_ALERT_ROWS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/storage/alert_fold.h"
#include "server/storage/postgres/connection.h"

namespace egi::storage {

// An origin of alerts and its table.
struct AlertOrigin {
  const char* name;   // SQAL or EURALIS, as in alert_open
  const char* close;  // UPDATE of the rows closed: $1 ids, $2 times, $3 closed, $4 reasons, $5 occurrences, $6 newest occurrences, $7 evidence
};
extern const AlertOrigin kQualityOrigin;
extern const AlertOrigin kFeedingOrigin;

// Reads the open alerts of `objects` into the fold and locks them until the end of the transaction, in one order for all servers.
absl::Status LoadOpenAlerts(Connection* connection, const AlertOrigin& origin, const std::vector<std::string>& objects, AlertFold* fold);

// Gives ids to what was opened and writes alert_open and the rows of alerts that closed. An alert that another server opened meanwhile is counted there
// and marked lost. The rows of new alerts are the caller's.
absl::Status WriteOpenAlerts(Connection* connection, const AlertOrigin& origin, AlertFold* fold);

// Events of the stored alerts whose state changed, after WriteOpenAlerts.
absl::StatusOr<std::vector<realtime::v1::AlertEvent>> ReadChanges(Connection* connection, const AlertOrigin& origin, absl::Time now,
                                                                 AlertFold* fold);

// Event of the closing of an alert that was also opened in this transaction, from the event of its opening.
realtime::v1::AlertEvent ClosingOf(const realtime::v1::AlertEvent& opening, const FoldedAlert& alert);

// Fills in what an opening tells of the life: state, occurrences, times, evidence. The rest is the caller's.
void TellOpening(const FoldedAlert& alert, realtime::v1::AlertEvent* event);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_ALERT_ROWS_H_
