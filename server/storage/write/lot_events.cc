#include "server/storage/write/lot_events.h"

#include "server/storage/postgres/event_append.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::write {

realtime::v1::Event LotEventOf(pqxx::transaction_base& transaction, const std::string& code_lot, const std::string& statut) {
  const pqxx::result rows = read::Run(transaction, "SELECT id, site_code, gaveur_id FROM lots_gavage WHERE code_lot = $1", {code_lot});
  read::RowCursor row(rows[0]);
  realtime::v1::Event event;
  realtime::v1::LotEvent& lot = *event.mutable_lot();
  lot.set_code_lot(code_lot);
  lot.set_statut(statut);
  lot.set_lot_id(row.Int());
  lot.set_site_code(row.Text());
  lot.set_gaveur_id(row.Int());
  return event;
}

void AppendLotEvent(pqxx::transaction_base& transaction, const std::string& code_lot, const std::string& statut) {
  AppendEvents(transaction, "lot", {LotEventOf(transaction, code_lot, statut)});
}

}  // namespace egi::storage::write
