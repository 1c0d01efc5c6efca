// Passwords as Argon2id hashes (RFC 9106), encoded with their parameters and salt.
#ifndef EGI_SERVER_AUTH_PASSWORD_HASHER_H_
#define EGI_SERVER_AUTH_PASSWORD_HASHER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"

namespace egi::auth {

// Thread-safe. Each call takes tens of milliseconds of a core: never call it from a thread of gRPC. Nothing of a password is logged or kept.
class PasswordHasher {
 public:
  // The defaults are those OWASP's Password Storage Cheat Sheet gives for Argon2id with 19 MiB.
  struct Options {
    uint32_t memory_kib = 19456;  // >= 8
    uint32_t passes = 2;          // >= 1
    int at_once = 2;              // >= 1; further callers wait, so that memory stays bounded
  };

  // Errors: INVALID_ARGUMENT (options), RESOURCE_EXHAUSTED (no memory).
  static absl::StatusOr<std::unique_ptr<PasswordHasher>> Create(Options options);
  static absl::StatusOr<std::unique_ptr<PasswordHasher>> Create() { return Create(Options()); }

  // Errors: RESOURCE_EXHAUSTED (no memory).
  absl::StatusOr<std::string> Hash(const std::string& password);

  // Whether `encoded`, made by Hash with these or other parameters, is of `password`. An empty `encoded` stands for an account that does not exist: false, after the
  // same work.
  bool Verify(const std::string& password, const std::string& encoded);

 private:
  explicit PasswordHasher(Options options) : options_(options) {}

  // A place among at_once, held for a scope.
  class Place;

  const Options options_;
  std::string decoy_;  // hash of a random password, set once by Create
  Mutex mutex_;
  CondVar left_;
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace egi::auth

#endif  // EGI_SERVER_AUTH_PASSWORD_HASHER_H_
