#include "clients/cli/session_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

namespace egi::cli {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::Status FileError(const std::string& path) { return absl::ErrnoToStatus(errno, absl::StrCat("cannot use ", path)); }

}  // namespace

std::string SessionFile() {
  const std::string config = Environment("XDG_CONFIG_HOME"), home = Environment("HOME");
  if (!config.empty()) return absl::StrCat(config, "/egi/session.json");
  return home.empty() ? "" : absl::StrCat(home, "/.config/egi/session.json");
}

absl::Status SaveSession(const std::string& path, const StoredSession& session) {
  google::protobuf::Struct object;
  auto& fields = *object.mutable_fields();
  fields["server"].set_string_value(session.server);
  fields["access_token"].set_string_value(session.access_token);
  fields["refresh_token"].set_string_value(session.refresh_token);
  fields["expires"].set_string_value(absl::FormatTime(absl::RFC3339_sec, session.expires, absl::UTCTimeZone()));
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(object, &text).ok()) return absl::InternalError("the session cannot be written as JSON");
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  const std::string draft = absl::StrCat(path, ".", getpid());
  const int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return FileError(draft);
  const bool written = fchmod(file, 0600) == 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(file) != 0 || !written || rename(draft.c_str(), path.c_str()) != 0) {
    const absl::Status status = FileError(path);
    unlink(draft.c_str());
    return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<SessionLock>> SessionLock::Take(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  // Not the session itself: that file is replaced by another one while the lock is held.
  const std::string name = absl::StrCat(path, ".lock");
  const int file = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return FileError(name);
  int locked = 0;
  do {
    locked = flock(file, LOCK_EX);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0) {
    const absl::Status status = FileError(name);
    close(file);
    return status;
  }
  return std::unique_ptr<SessionLock>(new SessionLock(file));
}

SessionLock::~SessionLock() { close(file_); }

absl::StatusOr<StoredSession> LoadSession(const std::string& path) {
  struct stat about {};
  if (path.empty() || stat(path.c_str(), &about) != 0) return absl::NotFoundError("nobody is signed in; use egictl login");
  if ((about.st_mode & 077) != 0) return absl::FailedPreconditionError(absl::StrCat("others may read ", path, "; close it with chmod 600 and sign in again"));
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  google::protobuf::Struct object;
  StoredSession session;
  const auto& fields = object.fields();
  const auto value = [&fields](const char* name) {
    const auto field = fields.find(name);
    return field == fields.end() ? std::string() : field->second.string_value();
  };
  std::string unread;
  if (!google::protobuf::util::JsonStringToMessage(text, &object).ok() || !absl::ParseTime(absl::RFC3339_sec, value("expires"), &session.expires, &unread)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is no session of egictl; remove it and sign in again"));
  }
  session.server = value("server");
  session.access_token = value("access_token");
  session.refresh_token = value("refresh_token");
  return session;
}

}  // namespace egi::cli
