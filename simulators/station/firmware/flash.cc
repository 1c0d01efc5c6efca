#include "simulators/station/firmware/flash.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace egi::station::firmware {
namespace {

absl::Status Error(const std::string& what, const std::string& path) {
  return absl::InternalError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<std::string> FolderFlash::Read(const std::string& name) {
  const std::string path = absl::StrCat(folder_, "/", name);
  if (!std::filesystem::exists(path)) return std::string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Error("read", path);
  return text.str();
}

absl::StatusOr<int64_t> FolderFlash::Size(const std::string& name) {
  std::error_code error;
  const auto size = std::filesystem::file_size(absl::StrCat(folder_, "/", name), error);
  return error ? 0 : static_cast<int64_t>(size);
}

absl::Status FolderFlash::Write(const std::string& path, int flags, const std::string& bytes) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | flags, 0644);
  if (file < 0) return Error("open", path);
  absl::Status status;
  for (size_t at = 0; at < bytes.size() && status.ok();) {
    const ssize_t written = write(file, bytes.data() + at, bytes.size() - at);
    if (written < 0 && errno != EINTR) status = Error("write", path);
    if (written > 0) at += static_cast<size_t>(written);
  }
  if (status.ok() && fsync(file) != 0) status = Error("sync", path);
  if (close(file) != 0 && status.ok()) status = Error("close", path);
  return status;
}

absl::Status FolderFlash::SyncFolder() {
  const int folder = open(folder_.c_str(), O_RDONLY | O_DIRECTORY);
  if (folder < 0) return Error("open", folder_);
  const bool synced = fsync(folder) == 0;
  close(folder);
  return synced ? absl::OkStatus() : Error("sync", folder_);
}

absl::Status FolderFlash::Append(const std::string& name, const std::string& bytes) {
  return Write(absl::StrCat(folder_, "/", name), O_APPEND, bytes);
}

absl::Status FolderFlash::Replace(const std::string& name, const std::string& bytes) {
  const std::string path = absl::StrCat(folder_, "/", name), fresh = absl::StrCat(path, ".new");
  if (absl::Status status = Write(fresh, O_TRUNC, bytes); !status.ok()) return status;
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return Error("rename", fresh);
  return SyncFolder();
}

absl::Status FolderFlash::Remove(const std::string& name) {
  const std::string path = absl::StrCat(folder_, "/", name);
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return Error("remove", path);
  return SyncFolder();
}

}  // namespace egi::station::firmware
