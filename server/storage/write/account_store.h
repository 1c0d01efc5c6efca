// Accounts of people and what administrators do with them.
#ifndef EGI_SERVER_STORAGE_WRITE_ACCOUNT_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_ACCOUNT_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/identity/v1/account.pb.h"
#include "server/auth/access_tokens.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// Who acts, and when. Absent: nobody is signed in.
struct Act {
  std::optional<auth::Principal> by;
  absl::Time at;
  bool direct = false;  // came to the server itself, not through the gateway, where any web page may be behind it
};

struct MadeAccount {
  identity::v1::Account account;
  bool is_new;  // false: an earlier call made it
};

// Makes the hash of a password; asked only when the act is allowed, because it is slow.
using HashPassword = std::function<absl::StatusOr<std::string>()>;

// Thread-safe; blocks on the database. Requests are validated before. Each administrative call is one transaction with its row of the audit; so is each refusal of
// somebody signed in. Who is not, and does not wish for the first admin, is refused at once, without lock, transaction or row. Errors of all but Standing:
// UNAUTHENTICATED (NOT_SIGNED_IN, SESSION_ENDED), PERMISSION_DENIED (ADMIN_ONLY), UNAVAILABLE. No error quotes a name.
class AccountStore {
 public:
  virtual ~AccountStore() = default;

  // The account of a token as it is now. Errors: UNAUTHENTICATED (SESSION_ENDED: disabled, logged out), UNAVAILABLE.
  virtual absl::StatusOr<identity::v1::Account> Standing(const auth::Principal& principal) = 0;

  // While there is no account of role admin, enabled or not, a direct act makes one without being signed in. Errors: ALREADY_EXISTS (NAME_TAKEN, GAVEUR_TAKEN,
  // REQUEST_ID_REUSED), NOT_FOUND (GAVEUR_NOT_FOUND), and those of `hash`.
  virtual absl::StatusOr<MadeAccount> Create(const identity::v1::CreateAccountRequest& request, const HashPassword& hash, const Act& act) = 0;

  // At most `limit`, newest first, with numbers below `before`.
  virtual absl::StatusOr<std::vector<identity::v1::Account>> List(std::optional<int64_t> before, int limit, const Act& act) = 0;

  // Disabling ends all sessions. Errors: NOT_FOUND, FAILED_PRECONDITION (LAST_ADMIN).
  virtual absl::StatusOr<identity::v1::Account> SetEnabled(int32_t id, bool enabled, const Act& act) = 0;

  // Ends all sessions. Errors: NOT_FOUND, and those of `hash`.
  virtual absl::StatusOr<identity::v1::Account> SetPassword(int32_t id, const HashPassword& hash, const Act& act) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<AccountStore> NewPostgresAccountStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_ACCOUNT_STORE_H_
