#include "simulators/feeding/state_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace egi::feeding_simulator {

absl::StatusOr<std::optional<std::string>> ReadStateFile(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return absl::PermissionDeniedError(absl::StrCat("cannot read ", path));
  return content.str();
}

absl::Status WriteStateFile(const std::string& path, const std::string& content) {
  const std::string next = absl::StrCat(path, ".next");
  const int file = open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (file < 0) return absl::InternalError(absl::StrCat("cannot write ", next, ": ", strerror(errno)));
  const bool written = write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()) && fdatasync(file) == 0;
  const int error = errno;
  close(file);
  if (!written) return absl::InternalError(absl::StrCat("cannot write ", next, ": ", strerror(error)));
  if (rename(next.c_str(), path.c_str()) != 0) return absl::InternalError(absl::StrCat("cannot replace ", path, ": ", strerror(errno)));
  return absl::OkStatus();
}

}  // namespace egi::feeding_simulator
