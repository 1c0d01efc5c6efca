// Days that were entered as a whole, and wishes that were carried out, in the transaction of their meals.
#ifndef EGI_SERVER_STORAGE_POSTGRES_DAY_ROWS_H_
#define EGI_SERVER_STORAGE_POSTGRES_DAY_ROWS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/persist/write.h"
#include "server/storage/postgres/commit_frame.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/lot_rows.h"

namespace egi::storage {

// Fills in LotLedger::days of the lots named, which are locked.
absl::Status LoadDays(Connection* connection, const std::vector<std::string>& codes, LotMap* lots);

// Writes or corrects one day; the history is kept by the database. False when nothing was written: the day stands as told, and `meals_changed` is false.
absl::StatusOr<bool> WriteDay(Connection* connection, const LotLedger& lot, const persist::MealWrite& write, bool meals_changed);

// The trace of a refused meal or day, without the names of people.
RejectedRow RejectedMeal(const persist::MealWrite& write, const google::rpc::Status& why);

// A wish that was carried out.
struct DoneRequest {
  std::string body_hash;
  persist::ItemOutcome outcome;
};

// Those of `ids` that were carried out.
absl::StatusOr<std::map<std::string, DoneRequest>> LoadRequests(Connection* connection, const std::vector<std::string>& ids);

// Keeps wishes. A wish that another server carried out at the same time is a violation of uniqueness: the transaction is tried again.
absl::Status WriteRequests(Connection* connection, const std::map<std::string, DoneRequest>& requests);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_DAY_ROWS_H_
