// Opens lots and imports lots of campaign files.
#ifndef EGI_SERVER_STORAGE_WRITE_LOT_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_LOT_STORE_H_

#include <memory>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/lot.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// Thread-safe; blocks on the database. Requests are validated before. Every call: UNAVAILABLE.
class LotStore {
 public:
  virtual ~LotStore() = default;

  // A lot that CreateLot answers.
  struct OpenedLot {
    std::string code;
    bool is_new = false;  // false: an earlier call opened it
  };

  // Answers the new lot, its code {SITE}{YYMM}{NNN} with the month of its first day; the same request_id answers the same lot.
  // A code in the request is taken instead. Who opens it (`by`) stands in its history, the database role where nobody is named. Errors: RESOURCE_EXHAUSTED
  // (999 lots of the site in that month), ALREADY_EXISTS (the code, or the request_id, is another lot's), INVALID_ARGUMENT (the feeder of a lot that a person
  // opens is not known; simulators bring their feeders along), FAILED_PRECONDITION (feeder of another site).
  virtual absl::StatusOr<OpenedLot> CreateLot(const feeding::v1::CreateLotRequest& request) = 0;

  // What an import did, or, as a dry run, would do.
  struct ImportedLots {
    feeding::v1::ImportLotsResponse counts;
    std::set<std::string> changed_columns;  // of known lots, by their names in the 174-column file
  };

  // All or none. A lot that says the same as the one stored, in whatever spelling, is left alone (lot_comparison.h). Contact data goes to the restricted tables only. Errors: FAILED_PRECONDITION (a lot is known at
  // another site or by another feeder, or cancelled; a feeder of another installation).
  virtual absl::StatusOr<ImportedLots> ImportLots(const feeding::v1::ImportLotsRequest& request) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<LotStore> NewPostgresLotStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_LOT_STORE_H_
