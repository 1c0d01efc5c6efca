#include "server/auth/password_hasher.h"

#include <argon2.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "openssl/rand.h"

namespace egi::auth {
namespace {

// RFC 9106 section 4: 128 bits of salt, 256 bits of tag.
constexpr size_t kSaltBytes = 16;
constexpr size_t kTagBytes = 32;
constexpr uint32_t kLanes = 1;

}  // namespace

class PasswordHasher::Place {
 public:
  explicit Place(PasswordHasher& hasher) : hasher_(hasher) {
    MutexLock lock(&hasher_.mutex_);
    while (hasher_.busy_ >= hasher_.options_.at_once) hasher_.left_.Wait(&hasher_.mutex_);
    ++hasher_.busy_;
  }
  ~Place() {
    MutexLock lock(&hasher_.mutex_);
    --hasher_.busy_;
    hasher_.left_.NotifyOne();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  PasswordHasher& hasher_;
};

absl::StatusOr<std::unique_ptr<PasswordHasher>> PasswordHasher::Create(Options options) {
  if (options.memory_kib < 8 || options.passes < 1 || options.at_once < 1) {
    return absl::InvalidArgumentError("memory_kib >= 8, passes >= 1 and at_once >= 1 are expected");
  }
  std::unique_ptr<PasswordHasher> hasher(new PasswordHasher(options));
  std::string random(kTagBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(random.size())) != 1) {
    return absl::ResourceExhaustedError("the system gave no random bytes");
  }
  auto decoy = hasher->Hash(random);
  if (!decoy.ok()) return decoy.status();
  hasher->decoy_ = *std::move(decoy);
  return hasher;
}

absl::StatusOr<std::string> PasswordHasher::Hash(const std::string& password) {
  unsigned char salt[kSaltBytes];
  if (RAND_bytes(salt, sizeof salt) != 1) return absl::ResourceExhaustedError("the system gave no random bytes");
  std::vector<char> encoded(argon2_encodedlen(options_.passes, options_.memory_kib, kLanes, kSaltBytes, kTagBytes, Argon2_id));
  const Place place(*this);
  const int result = argon2id_hash_encoded(options_.passes, options_.memory_kib, kLanes, password.data(), password.size(), salt, sizeof salt,
                                           kTagBytes, encoded.data(), encoded.size());
  if (result != ARGON2_OK) return absl::ResourceExhaustedError(absl::StrCat("the password could not be hashed: ", argon2_error_message(result)));
  return std::string(encoded.data());
}

bool PasswordHasher::Verify(const std::string& password, const std::string& encoded) {
  const Place place(*this);
  const std::string& against = encoded.empty() ? decoy_ : encoded;
  const bool same = argon2id_verify(against.c_str(), password.data(), password.size()) == ARGON2_OK;
  return same && !encoded.empty();
}

}  // namespace egi::auth
