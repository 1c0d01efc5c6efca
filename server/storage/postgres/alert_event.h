// Reads alerts as events: one list of columns, whatever the driver.
#ifndef EGI_SERVER_STORAGE_POSTGRES_ALERT_EVENT_H_
#define EGI_SERVER_STORAGE_POSTGRES_ALERT_EVENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"

namespace egi::storage {

// The columns ReadAlertEvent takes, of the table of the origin as `a` and alert_open as `o` (null when closed); what FROM names them.
extern const char kQualityEventColumns[];
extern const char kQualityEventTables[];
extern const char kFeedingEventColumns[];
extern const char kFeedingEventTables[];
inline constexpr int kAlertEventColumns = 20;

// An alert from those columns as text, null as empty; `now` decides whether it is shelved. Errors: DATA_LOSS.
absl::StatusOr<realtime::v1::AlertEvent> ReadAlertEvent(const std::vector<std::string>& columns, absl::Time now);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_ALERT_EVENT_H_
