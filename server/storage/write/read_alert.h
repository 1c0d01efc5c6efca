// Reads a changed alert back as the event that tells of it.
#ifndef EGI_SERVER_STORAGE_WRITE_READ_ALERT_H_
#define EGI_SERVER_STORAGE_WRITE_READ_ALERT_H_

#include <string>

#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"
#include "pqxx/pqxx"
#include "server/storage/write/alert_store.h"

namespace egi::storage::write {

// The alert as it stands in the transaction; `now` decides whether it is shelved. Throws what libpqxx throws, also when there is no such alert.
realtime::v1::Event ReadAlert(pqxx::transaction_base& transaction, AlertOriginKind origin, const std::string& id, absl::Time now);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_READ_ALERT_H_
