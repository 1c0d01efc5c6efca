// The few file operations a spool needs, with errors that name the file.
#ifndef EGI_CLIENTS_CPP_SPOOL_FILES_H_
#define EGI_CLIENTS_CPP_SPOOL_FILES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace egi::client {

// Owns a file descriptor.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(other.Release()) {}
  File& operator=(File&& other) noexcept;
  ~File();
  int fd() const { return fd_; }

 private:
  int Release();
  int fd_ = -1;
};

// The status of the present errno: RESOURCE_EXHAUSTED for a full disk or quota, PERMISSION_DENIED, NOT_FOUND, else INTERNAL.
absl::Status ErrnoStatus(const std::string& what, const std::string& path);

// open(2), close-on-exec; `flags` as there.
absl::StatusOr<File> OpenFile(const std::string& path, int flags);
// The whole file.
absl::StatusOr<std::string> ReadFile(const std::string& path);
// Writes all of `data` at the end of the file; on an error the file is cut back to `size_before`.
absl::Status AppendAll(const File& file, const std::string& path, const std::string& data, int64_t size_before);
// Makes the file's content durable.
absl::Status SyncFile(const File& file, const std::string& path);
// Makes the names in a folder durable.
absl::Status SyncDirectory(const std::string& dir);
// Replaces a file in one step: a crash leaves the old or the new content, never a mixture.
absl::Status ReplaceFile(const std::string& dir, const std::string& name, const std::string& content);
// Names in a folder, sorted, without . and ..
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& dir);
// Makes a folder and its parents (mode 0700).
absl::Status MakeDirectories(const std::string& dir);

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_SPOOL_FILES_H_
