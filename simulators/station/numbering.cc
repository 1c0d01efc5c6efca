#include "simulators/station/numbering.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace egi::station {
namespace {

std::string FileIn(const std::string& folder) { return folder + "/next-sample"; }

absl::Status IoError(const std::string& what, const std::string& path) {
  return absl::InternalError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

// Writes and syncs a small file under a temporary name, then renames it and syncs the folder.
absl::Status WriteDurably(const std::string& folder, const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return IoError("create", temporary);
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  const bool closed = close(file) == 0;
  if (!written || !closed) return IoError("write", temporary);
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return IoError("replace", path);
  const int directory = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return IoError("open", folder);
  const bool synced = fsync(directory) == 0;
  close(directory);
  return synced ? absl::OkStatus() : IoError("sync", folder);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Numbering>> Numbering::Create(Options options) {
  auto numbering = std::unique_ptr<Numbering>(new Numbering(std::move(options)));
  const Options& o = numbering->options_;
  if (!o.folder.empty() && o.start <= 0) {
    std::ifstream file(FileIn(o.folder));
    std::string text;
    if (file && std::getline(file, text)) {
      if (!absl::SimpleAtoi(text, &numbering->next_) || numbering->next_ < 1) {
        return absl::InvalidArgumentError(absl::StrCat(FileIn(o.folder), " does not hold a number; give --start-counter to replace it"));
      }
    }
  }
  if (o.start > 0) numbering->next_ = o.start;
  numbering->reserved_end_ = numbering->next_;
  return numbering;
}

absl::StatusOr<int64_t> Numbering::Next() {
  if (next_ == reserved_end_) {
    if (absl::Status status = Reserve(next_ + options_.block); !status.ok()) return status;
  }
  return next_++;
}

absl::Status Numbering::Reserve(int64_t end) {
  if (!options_.folder.empty()) {
    absl::Status status = WriteDurably(options_.folder, FileIn(options_.folder), absl::StrCat(end, "\n"));
    if (!status.ok()) return status;
  }
  reserved_end_ = end;
  return absl::OkStatus();
}

}  // namespace egi::station
