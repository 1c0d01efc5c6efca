#include "server/auth/refresh_tokens.h"

#include "absl/strings/escaping.h"
#include "openssl/rand.h"
#include "server/base/sha256.h"

namespace egi::auth {

absl::StatusOr<std::string> MakeRefreshToken() {
  unsigned char random[32];
  if (RAND_bytes(random, sizeof random) != 1) return absl::ResourceExhaustedError("the system gave no random bytes");
  return absl::WebSafeBase64Escape(absl::string_view(reinterpret_cast<const char*>(random), sizeof random));
}

std::string HashOf(const std::string& text) {
  Sha256 sum;
  sum.Add(text);
  return sum.Hex();
}

}  // namespace egi::auth
