// Refresh tokens: opaque random texts of which only the SHA-256 is stored.
#ifndef EGI_SERVER_AUTH_REFRESH_TOKENS_H_
#define EGI_SERVER_AUTH_REFRESH_TOKENS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace egi::auth {

inline constexpr absl::Duration kRefreshLifetime = absl::Hours(30 * 24);

// 256 random bits in base64url, 43 characters. Errors: RESOURCE_EXHAUSTED (the system has no random bytes).
absl::StatusOr<std::string> MakeRefreshToken();

// What the database knows a secret by: SHA-256 in 64 hexadecimal digits.
std::string HashOf(const std::string& text);

}  // namespace egi::auth

#endif  // EGI_SERVER_AUTH_REFRESH_TOKENS_H_
