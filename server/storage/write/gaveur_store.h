// Registers feeders.
#ifndef EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/gaveur.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// Thread-safe; blocks on the database. Requests are validated before.
class GaveurStore {
 public:
  virtual ~GaveurStore() = default;

  // Answers the id of the new feeder; the same request_id answers the same id. Names and contact data go to the restricted table only. Errors: ALREADY_EXISTS (a
  // feeder with that email), UNAVAILABLE.
  virtual absl::StatusOr<int32_t> CreateGaveur(const feeding::v1::CreateGaveurRequest& request) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<GaveurStore> NewPostgresGaveurStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_
