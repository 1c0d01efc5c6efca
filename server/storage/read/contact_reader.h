// Reads names and contact of feeders from the restricted table.
#ifndef EGI_SERVER_STORAGE_READ_CONTACT_READER_H_
#define EGI_SERVER_STORAGE_READ_CONTACT_READER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/auth/contact_scope.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::read {

// What identifies a feeder; absent where nothing is known. Personal: it goes into answers to those who may see it, and nowhere else.
struct Contact {
  std::optional<std::string> nom;
  std::optional<std::string> prenom;
  std::optional<std::string> email;
  std::optional<std::string> telephone;
};

// Thread-safe; blocks on the database.
class ContactReader {
 public:
  virtual ~ContactReader() = default;

  // Of those of `gaveur_ids` that `scope` lets see, by number. Errors: UNAVAILABLE.
  virtual absl::StatusOr<std::map<int32_t, Contact>> ReadContacts(const auth::ContactScope& scope, const std::vector<int32_t>& gaveur_ids) = 0;
};

// On PostgreSQL. `pool` must outlive the reader.
std::unique_ptr<ContactReader> NewPostgresContactReader(Pool& pool);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_CONTACT_READER_H_
