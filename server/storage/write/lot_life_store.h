// Carries out what people decide about lots.
#ifndef EGI_SERVER_STORAGE_WRITE_LOT_LIFE_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_LOT_LIFE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/feeding/v1/lot_life.pb.h"
#include "server/storage/postgres/pool.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::write {

// Thread-safe; blocks on the database. Requests are validated as far as that goes without the lot. Each write locks the lot, checks the transition, keeps the
// history and tells subscribers, in one transaction; repeating it changes nothing. Errors of every call: NOT_FOUND, FAILED_PRECONDITION (state),
// INVALID_ARGUMENT (a figure the lot contradicts), UNAVAILABLE.
class LotLifeStore {
 public:
  virtual ~LotLifeStore() = default;

  // Further errors: ABORTED (the lot changed since request.updated_at), FAILED_PRECONDITION (feeder of another site, or after the first meal).
  virtual absl::Status Update(const read::LotKey& lot, const feeding::v1::UpdateLotRequest& request) = 0;
  virtual absl::Status Finish(const read::LotKey& lot, const feeding::v1::FinishLotRequest& request) = 0;
  virtual absl::Status Slaughter(const read::LotKey& lot, const feeding::v1::SlaughterLotRequest& request) = 0;
  virtual absl::Status Cancel(const read::LotKey& lot, const feeding::v1::CancelLotRequest& request) = 0;
  virtual absl::Status Restore(const read::LotKey& lot, const feeding::v1::RestoreLotRequest& request) = 0;

  // Newest first, those older than `before_id` (0 = all), at most `limit`.
  virtual absl::StatusOr<std::vector<feeding::v1::LotChange>> ListChanges(const read::LotKey& lot, int64_t before_id, int limit) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<LotLifeStore> NewPostgresLotLifeStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_LOT_LIFE_STORE_H_
