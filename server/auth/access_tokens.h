// Access tokens: JSON Web Tokens (RFC 7519) signed with ES256 (RFC 7518), valid for a short time, checked without a database.
#ifndef EGI_SERVER_AUTH_ACCESS_TOKENS_H_
#define EGI_SERVER_AUTH_ACCESS_TOKENS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/auth/signing_key.h"
#include "server/base/clock.h"

namespace egi::auth {

// Who calls, as the token says. The account may have been disabled since it was signed.
struct Principal {
  int32_t account_id = 0;
  int64_t session_id = 0;
  std::string role;  // gaveur, supervisor, inspector, analyst, auditor or admin
};

// Thread-safe; a call takes about 0.1 ms.
class AccessTokens {
 public:
  struct Options {
    std::string key_file = {};  // empty = a key of this process alone
    const Clock* clock = nullptr;
    absl::Duration lifetime = absl::Minutes(15);
  };

  // Errors: INVALID_ARGUMENT (no clock), those of LoadOrMakeSigningKey.
  static absl::StatusOr<std::unique_ptr<AccessTokens>> Create(const Options& options);

  absl::Duration lifetime() const { return options_.lifetime; }

  // A token for `principal`, from now on.
  absl::StatusOr<std::string> Issue(const Principal& principal) const;

  // Errors: UNAUTHENTICATED (TOKEN_INVALID, TOKEN_EXPIRED), which say what to do and quote nothing of the token.
  absl::StatusOr<Principal> Verify(const std::string& token) const;

 private:
  AccessTokens(Options options, SigningKey key) : options_(std::move(options)), key_(std::move(key)) {}

  const Options options_;
  const SigningKey key_;
};

}  // namespace egi::auth

#endif  // EGI_SERVER_AUTH_ACCESS_TOKENS_H_
