// The key that signs access tokens: an EC key on P-256, in a file that several servers may share.
#ifndef EGI_SERVER_AUTH_SIGNING_KEY_H_
#define EGI_SERVER_AUTH_SIGNING_KEY_H_

#include <string>

#include "absl/status/statusor.h"

namespace egi::auth {

// Both keys as PEM, and the name tokens call them by.
struct SigningKey {
  std::string private_pem;
  std::string public_pem;
  std::string id;  // first 16 hexadecimal digits of the SHA-256 of the public key
};

// A new key.
absl::StatusOr<SigningKey> MakeSigningKey();

// The key in `path`, made there with mode 0600 when there is no such file; of servers that start at once all get the same. Errors: FAILED_PRECONDITION (others may
// read the file), INVALID_ARGUMENT (no EC key on P-256), PERMISSION_DENIED, NOT_FOUND (folder) and the like, naming the path and what to do.
absl::StatusOr<SigningKey> LoadOrMakeSigningKey(const std::string& path);

}  // namespace egi::auth

#endif  // EGI_SERVER_AUTH_SIGNING_KEY_H_
