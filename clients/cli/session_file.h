// Where egictl keeps the tokens of a login.
#ifndef EGI_CLIENTS_CLI_SESSION_FILE_H_
#define EGI_CLIENTS_CLI_SESSION_FILE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace egi::cli {

// The tokens of a login at a server.
struct StoredSession {
  std::string server;  // HOST:PORT they are for
  std::string access_token;
  std::string refresh_token;
  absl::Time expires;  // of the access token
};

// $XDG_CONFIG_HOME/egi/session.json, else $HOME/.config/egi/session.json; empty without either.
std::string SessionFile();

// Replaces the file, with mode 0600, and makes its folder. Errors: PERMISSION_DENIED and the like, naming the path.
absl::Status SaveSession(const std::string& path, const StoredSession& session);

// While this lives, no other egictl of this user renews, replaces or removes the session: a refresh token works once, and two that send the same one end the session.
class SessionLock {
 public:
  // Waits for the others; makes the folder, and a file beside `path`. Errors: PERMISSION_DENIED and the like, naming the path.
  static absl::StatusOr<std::unique_ptr<SessionLock>> Take(const std::string& path);
  ~SessionLock();
  SessionLock(const SessionLock&) = delete;
  SessionLock& operator=(const SessionLock&) = delete;

 private:
  explicit SessionLock(int file) : file_(file) {}
  const int file_;
};

// Errors: NOT_FOUND (no file), FAILED_PRECONDITION (others may read it), INVALID_ARGUMENT (not a file of SaveSession).
absl::StatusOr<StoredSession> LoadSession(const std::string& path);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_SESSION_FILE_H_
