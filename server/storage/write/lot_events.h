// The event that tells subscribers of a lot's new state.
#ifndef EGI_SERVER_STORAGE_WRITE_LOT_EVENTS_H_
#define EGI_SERVER_STORAGE_WRITE_LOT_EVENTS_H_

#include <string>

#include "egi/realtime/v1/events.pb.h"
#include "pqxx/pqxx"

namespace egi::storage::write {

// The event of state `statut` of a lot that exists. Throws what libpqxx throws.
realtime::v1::Event LotEventOf(pqxx::transaction_base& transaction, const std::string& code_lot, const std::string& statut);

// Appends a LotEvent of state `statut`. Must be the last statement of the transaction. Throws what libpqxx throws.
void AppendLotEvent(pqxx::transaction_base& transaction, const std::string& code_lot, const std::string& statut);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_LOT_EVENTS_H_
