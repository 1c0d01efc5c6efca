#include "clients/cpp/spool_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace egi::client {

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.Release();
  }
  return *this;
}

File::~File() {
  if (fd_ >= 0) close(fd_);
}

int File::Release() { return std::exchange(fd_, -1); }

absl::Status ErrnoStatus(const std::string& what, const std::string& path) {
  const int error = errno;
  const std::string message = absl::StrCat("cannot ", what, " ", path, ": ", strerror(error));
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(absl::StrCat(message, "; free some disk space"));
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case ENOENT:
      return absl::NotFoundError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::StatusOr<File> OpenFile(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoStatus("open", path);
  return File(fd);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  absl::StatusOr<File> file = OpenFile(path, O_RDONLY);
  if (!file.ok()) return file.status();
  std::string content;
  char chunk[1 << 16];
  for (;;) {
    const ssize_t n = read(file->fd(), chunk, sizeof(chunk));
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("read", path);
    content.append(chunk, static_cast<size_t>(n));
  }
}

absl::Status AppendAll(const File& file, const std::string& path, const std::string& data, int64_t size_before) {
  size_t done = 0;
  while (done < data.size()) {
    const ssize_t n = write(file.fd(), data.data() + done, data.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const absl::Status status = ErrnoStatus("write", path);
      if (ftruncate(file.fd(), size_before) != 0) return ErrnoStatus("undo a half write in", path);
      return status;
    }
    done += static_cast<size_t>(n);
  }
  return absl::OkStatus();
}

absl::Status SyncFile(const File& file, const std::string& path) {
  if (fdatasync(file.fd()) != 0) return ErrnoStatus("make durable", path);
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& dir) {
  absl::StatusOr<File> file = OpenFile(dir, O_RDONLY | O_DIRECTORY);
  if (!file.ok()) return file.status();
  if (fsync(file->fd()) != 0) return ErrnoStatus("make durable", dir);
  return absl::OkStatus();
}

absl::Status ReplaceFile(const std::string& dir, const std::string& name, const std::string& content) {
  const std::string path = absl::StrCat(dir, "/", name), temporary = absl::StrCat(path, ".new");
  {
    absl::StatusOr<File> file = OpenFile(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.ok()) return file.status();
    if (absl::Status status = AppendAll(*file, temporary, content, 0); !status.ok()) return status;
    if (absl::Status status = SyncFile(*file, temporary); !status.ok()) return status;
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) return ErrnoStatus("rename", temporary);
  return SyncDirectory(dir);
}

absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& dir) {
  std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(dir.c_str()), closedir);
  if (stream == nullptr) return ErrnoStatus("list", dir);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status MakeDirectories(const std::string& dir) {
  for (size_t slash = dir.find('/', 1);; slash = dir.find('/', slash + 1)) {
    const std::string prefix = dir.substr(0, slash);
    if (mkdir(prefix.c_str(), 0700) != 0 && errno != EEXIST) return ErrnoStatus("make folder", prefix);
    if (slash == std::string::npos) return absl::OkStatus();
  }
}

}  // namespace egi::client
