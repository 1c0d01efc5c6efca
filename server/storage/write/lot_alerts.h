// Alerts about a finished lot, raised by what is imported.
#ifndef EGI_SERVER_STORAGE_WRITE_LOT_ALERTS_H_
#define EGI_SERVER_STORAGE_WRITE_LOT_ALERTS_H_

#include <optional>
#include <string>
#include <vector>

#include "egi/realtime/v1/events.pb.h"
#include "pqxx/pqxx"
#include "server/analyse/verdict.h"

namespace egi::storage::write {

// Makes the open alert of `type` on the lot what `candidate` says: none closes it, the same severity leaves it, another severity replaces it. The alert stands at
// the end of the lot's gavage. Answers the events: of an alert that closed, of one that was opened. Throws what libpqxx throws.
std::vector<realtime::v1::Event> SetLotAlert(pqxx::transaction_base& transaction, const std::string& code_lot, const std::string& type,
                                               const std::optional<analyse::AlertCandidate>& candidate);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_LOT_ALERTS_H_
