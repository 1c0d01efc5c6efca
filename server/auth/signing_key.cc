#include "server/auth/signing_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "absl/strings/str_cat.h"
#include "openssl/bio.h"
#include "openssl/ec.h"
#include "openssl/evp.h"
#include "openssl/pem.h"
#include "server/base/sha256.h"

namespace egi::auth {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Memory = std::unique_ptr<BIO, Free>;

constexpr size_t kMaxKeyBytes = 16 << 10;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

absl::Status FileError(const std::string& what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path, "; choose a file this user can read and write with --token_key"));
}

std::string Text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

absl::StatusOr<SigningKey> Describe(EVP_PKEY* key) {
  const Memory priv(BIO_new(BIO_s_mem())), pub(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PrivateKey(priv.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1 || PEM_write_bio_PUBKEY(pub.get(), key) != 1) {
    return absl::InternalError("the key of the access tokens cannot be written as PEM");
  }
  SigningKey described;
  described.private_pem = Text(priv.get());
  described.public_pem = Text(pub.get());
  Sha256 sum;
  sum.Add(described.public_pem);
  described.id = sum.Hex().substr(0, 16);
  return described;
}

absl::StatusOr<SigningKey> Read(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return FileError("cannot read", path);
  struct stat about {};
  if (fstat(file.get(), &about) != 0) return FileError("cannot read", path);
  if ((about.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("others may read the key of the access tokens in ", path, "; close it with chmod 600, or remove it to get a new key"));
  }
  std::string pem(kMaxKeyBytes, '\0');
  const ssize_t size = read(file.get(), pem.data(), pem.size());
  if (size < 0) return FileError("cannot read", path);
  const Memory bio(BIO_new_mem_buf(pem.data(), static_cast<int>(size)));
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  char group[32] = "";
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC || EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) != 1 ||
      std::string(group) != "prime256v1") {
    return absl::InvalidArgumentError(absl::StrCat(path, " holds no EC key on P-256 in PEM; remove it to get a new key"));
  }
  return Describe(key.get());
}

// Writes a new key under a name of its own and gives it `path` unless another server was faster.
absl::Status Write(const std::string& path) {
  const auto key = MakeSigningKey();
  if (!key.ok()) return key.status();
  const std::string draft = absl::StrCat(path, ".", getpid(), ".", key->id);
  {
    const File file(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) return FileError("cannot make", draft);
    const bool written = write(file.get(), key->private_pem.data(), key->private_pem.size()) == static_cast<ssize_t>(key->private_pem.size()) &&
                         fsync(file.get()) == 0;
    if (!written) {
      const absl::Status failed = FileError("cannot write", draft);
      unlink(draft.c_str());
      return failed;
    }
  }
  const bool named = link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
  const absl::Status status = named ? absl::OkStatus() : FileError("cannot make", path);
  unlink(draft.c_str());
  return status;
}

}  // namespace

absl::StatusOr<SigningKey> MakeSigningKey() {
  const Key key(EVP_EC_gen("P-256"));
  if (key == nullptr) return absl::InternalError("OpenSSL made no EC key on P-256");
  return Describe(key.get());
}

absl::StatusOr<SigningKey> LoadOrMakeSigningKey(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    if (absl::Status failed = Write(path); !failed.ok()) return failed;
  }
  return Read(path);
}

}  // namespace egi::auth
