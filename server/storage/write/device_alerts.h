// Alerts about a device itself, not about what it measured.
#ifndef EGI_SERVER_STORAGE_WRITE_DEVICE_ALERTS_H_
#define EGI_SERVER_STORAGE_WRITE_DEVICE_ALERTS_H_

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"
#include "pqxx/pqxx"
#include "server/analyse/verdict.h"

namespace egi::storage::write {

// Makes the open alert of `type` on the registered device what `candidate` says: none closes it; one opens it, or counts an occurrence when it is open.
// A shelved one counts nothing. Answers the event of an alert that was opened or closed. Throws what libpqxx throws.
std::optional<realtime::v1::Event> SetDeviceAlert(pqxx::transaction_base& transaction, const std::string& device_id, const std::string& type,
                                                  const std::optional<analyse::AlertCandidate>& candidate, absl::Time now);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_DEVICE_ALERTS_H_
