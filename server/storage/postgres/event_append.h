// How a unary write takes its place in the order of committed events.
#ifndef EGI_SERVER_STORAGE_POSTGRES_EVENT_APPEND_H_
#define EGI_SERVER_STORAGE_POSTGRES_EVENT_APPEND_H_

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "egi/realtime/v1/events.pb.h"

namespace egi::storage {

// Writes alert and lot events (no samples, no meals) with their batch. Must be the last statement of the transaction: the lock on the
// clock of events lasts until the commit. Nothing is written for an empty list. `kind`: a word for event_batches, e.g. "alert", "lot".
// Throws what libpqxx throws.
void AppendEvents(pqxx::transaction_base& transaction, const std::string& kind, const std::vector<realtime::v1::Event>& events);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_EVENT_APPEND_H_
