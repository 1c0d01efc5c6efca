// Lots and their meals between the database and LotLedger.
#ifndef EGI_SERVER_STORAGE_POSTGRES_LOT_ROWS_H_
#define EGI_SERVER_STORAGE_POSTGRES_LOT_ROWS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/copy_writer.h"
#include "server/storage/postgres/lot_ledger.h"

namespace egi::storage {

using LotMap = std::map<std::string, LotLedger>;  // by code

// A lot that a meal names and nobody knows yet.
struct NewLot {
  std::string code_lot, site_code, genetique, by;
  int32_t gaveur_id = 0;
  int32_t birds_placed = 0;  // 0 = unknown
};

// Remembers lots between transactions: their meals are read again only when somebody else has changed the lot. Used by one thread.
class LotRows {
 public:
  // Makes the lots that are new, with their feeders; answers the codes made.
  absl::StatusOr<std::set<std::string>> Create(Connection* connection, const std::vector<NewLot>& lots);

  // Codes of the lots with these ids; ids without a lot are left out.
  static absl::StatusOr<std::map<int32_t, std::string>> CodesOf(Connection* connection, const std::vector<int64_t>& ids);

  // Registers feeders by id, where they are missing or have no site yet, with the site told. Answers the site of each.
  static absl::StatusOr<std::map<int32_t, std::string>> RegisterGaveurs(Connection* connection, const std::map<int32_t, std::string>& gaveurs);

  // Locks the lots named and moves what is known of them into the answer. Codes without a lot are left out.
  absl::StatusOr<LotMap> Lock(Connection* connection, const std::vector<std::string>& codes);

  // Writes what the transaction changed: meals, ledger, history, lots, inspection queue. Answers the codes that entered the queue.
  absl::StatusOr<std::vector<std::string>> Write(Connection* connection, CopyWriter* copy, LotMap* lots);

  // After the commit: keeps the lots for the next transaction.
  void Keep(LotMap lots);

 private:
  absl::Status ReadMeals(Connection* connection, const std::vector<std::string>& codes, LotMap* lots);
  absl::Status WriteMeals(Connection* connection, CopyWriter* copy, const LotMap& lots);
  absl::Status DeleteReplaced(Connection* connection, const LotMap& lots);
  absl::Status WriteLedger(Connection* connection, CopyWriter* copy, const LotMap& lots);
  absl::Status WriteHistory(Connection* connection, CopyWriter* copy, const LotMap& lots);
  absl::Status UpdateLots(Connection* connection, LotMap* lots);
  // Those that `author` changed.
  absl::Status UpdateLotsOf(Connection* connection, const std::string& author, LotMap* lots);
  absl::StatusOr<std::vector<std::string>> Enqueue(Connection* connection, const LotMap& lots);

  LotMap known_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_LOT_ROWS_H_
