// Registers feeders.
#ifndef EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/gaveur.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

struct RegisteredGaveur {
  int32_t id = 0;
  bool is_new = false;  // false: an earlier call with the same request_id registered it
};

// Thread-safe; blocks on the database. Requests are validated before.
class GaveurStore {
 public:
  virtual ~GaveurStore() = default;

  // The new feeder; the same request_id answers the same one. Names and contact data go to the restricted table only, and to the account of the feeder,
  // made with what `hash` makes of the password unless that is empty; it is slow, and asked only when the wish is new and the email free. Passwords of repetitions are not
  // compared: that would be a way to try them. Errors: ALREADY_EXISTS (a feeder or an account with that email), UNAVAILABLE, and those of `hash`.
  virtual absl::StatusOr<RegisteredGaveur> CreateGaveur(const feeding::v1::CreateGaveurRequest& request,
                                                        const std::function<absl::StatusOr<std::string>()>& hash) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<GaveurStore> NewPostgresGaveurStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_GAVEUR_STORE_H_
