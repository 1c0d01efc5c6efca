// The present, as events: newest sample of each device, newest meal of each running lot, open alerts.
#ifndef EGI_SERVER_STORAGE_POSTGRES_EVENT_SNAPSHOT_H_
#define EGI_SERVER_STORAGE_POSTGRES_EVENT_SNAPSHOT_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/storage/postgres/connection.h"

namespace egi::storage {

// Appends the events that match `filter`, marked as snapshot; `now` decides which alerts are shelved. Runs in the transaction of `connection`.
absl::Status ReadPresent(Connection* connection, const realtime::v1::Filter& filter, absl::Time now, std::vector<realtime::v1::Event>* events);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_EVENT_SNAPSHOT_H_
