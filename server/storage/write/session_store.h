// Logins and the sessions that follow from them.
#ifndef EGI_SERVER_STORAGE_WRITE_SESSION_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_SESSION_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/identity/v1/account.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// Failed logins within kLoginWindow, of one name and of all.
inline constexpr absl::Duration kLoginWindow = absl::Minutes(15);
inline constexpr int kFailedLoginsOfOne = 10;
inline constexpr int kFailedLoginsOfAll = 300;

// An attempt to sign in. It counts as failed until FinishLogin.
struct LoginAttempt {
  int64_t id = 0;
  int32_t account_id = 0;     // 0 when nobody has that name
  bool enabled = false;       // the account may sign in
  std::string password_hash;  // empty when nobody has that name
};

// A refresh token to be stored.
struct NewRefreshToken {
  std::string hash;  // 64 hexadecimal digits
  absl::Time expires;
};

// A session that goes on.
struct Session {
  int64_t id = 0;
  identity::v1::Account account;
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  // `name` is an email or a username, in any case. Errors: RESOURCE_EXHAUSTED with RetryInfo (TOO_MANY_LOGINS).
  virtual absl::StatusOr<LoginAttempt> BeginLogin(const std::string& name, absl::Time now) = 0;

  // Opens the session of an attempt whose password was right. Errors: UNAUTHENTICATED (LOGIN_REFUSED: disabled meanwhile).
  virtual absl::StatusOr<Session> FinishLogin(const LoginAttempt& attempt, const NewRefreshToken& token, absl::Time now) = 0;

  // Puts `next` in the place of the refresh token with that hash. A token that was used already ends its session. Errors: UNAUTHENTICATED (REFRESH_REFUSED).
  virtual absl::StatusOr<Session> Rotate(const std::string& hash, const NewRefreshToken& next, absl::Time now) = 0;

  // Ends a session; OK too when it is ended or unknown.
  virtual absl::Status End(int64_t session_id, absl::Time now) = 0;

  // The same for the session of a refresh token, used or not. Errors: UNAUTHENTICATED (REFRESH_REFUSED: unknown token).
  virtual absl::Status EndByToken(const std::string& hash, absl::Time now) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<SessionStore> NewPostgresSessionStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_SESSION_STORE_H_
