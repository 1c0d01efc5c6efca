// Registers feeders.
#ifndef EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/gaveur.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// Thread-safe; blocks on the database. Requests are validated before.
class GaveurStore {
 public:
  virtual ~GaveurStore() = default;

  // Answers the id of the new feeder; the same request_id answers the same id. Names and contact data go to the restricted table only, and to the account of the feeder,
  // made with `password_hash` unless that is empty. Passwords of repetitions are not compared: that would be a way to try them. Errors: ALREADY_EXISTS (a feeder or an
  // account with that email), UNAVAILABLE.
  virtual absl::StatusOr<int32_t> CreateGaveur(const feeding::v1::CreateGaveurRequest& request, const std::string& password_hash) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<GaveurStore> NewPostgresGaveurStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_
