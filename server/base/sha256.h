// SHA-256 (FIPS 180-4) of bytes that come in pieces.
#ifndef EGI_SERVER_BASE_SHA256_H_
#define EGI_SERVER_BASE_SHA256_H_

#include <memory>
#include <string>

#include "openssl/evp.h"

namespace egi {

// Not thread-safe.
class Sha256 {
 public:
  Sha256();
  void Add(const std::string& bytes);
  // 64 lower-case hexadecimal digits; once, after the last Add.
  std::string Hex();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace egi

#endif  // EGI_SERVER_BASE_SHA256_H_
