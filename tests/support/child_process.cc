#include "tests/support/child_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace egi::testing {
namespace {

// The child's side of fork; never returns.
[[noreturn]] void Become(const ChildOptions& options) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setpgid(0, 0);
  if (!options.log_file.empty()) {
    const int log = open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (log >= 0) {
      dup2(log, STDOUT_FILENO);
      dup2(log, STDERR_FILENO);
    }
  }
  if (!options.directory.empty() && chdir(options.directory.c_str()) != 0) _exit(126);
  for (const std::string& entry : options.environment) {
    const size_t equals = entry.find('=');
    setenv(entry.substr(0, equals).c_str(), entry.substr(equals + 1).c_str(), 1);
  }
  std::vector<char*> arguments;
  for (const std::string& argument : options.command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Create(ChildOptions options) {
  auto child = std::unique_ptr<ChildProcess>(new ChildProcess(std::move(options)));
  if (absl::Status status = child->Start(); !status.ok()) return status;
  return child;
}

ChildProcess::~ChildProcess() { Kill(); }

absl::Status ChildProcess::Start() {
  if (pid_ > 0) return absl::FailedPreconditionError("already started");
  const pid_t pid = fork();
  if (pid < 0) return absl::InternalError(absl::StrCat("fork: ", strerror(errno)));
  if (pid == 0) Become(options_);
  pid_ = pid;
  return absl::OkStatus();
}

void ChildProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

absl::Status ChildProcess::Stop(absl::Duration timeout) {
  if (pid_ <= 0) return absl::FailedPreconditionError("not running");
  kill(pid_, SIGTERM);
  for (const absl::Time deadline = absl::Now() + timeout; absl::Now() < deadline; absl::SleepFor(absl::Milliseconds(5))) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) continue;
    pid_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
    return absl::InternalError(absl::StrCat(options_.command[0], " ended with status ", status));
  }
  return absl::DeadlineExceededError(absl::StrCat(options_.command[0], " still runs after ", absl::FormatDuration(timeout)));
}

bool ChildProcess::Running() {
  if (pid_ <= 0) return false;
  if (waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

int FreePort() {
  const int file = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  bind(file, reinterpret_cast<sockaddr*>(&address), length);
  getsockname(file, reinterpret_cast<sockaddr*>(&address), &length);
  close(file);
  return ntohs(address.sin_port);
}

std::string Runfile(const std::string& path) {
  const char* root = getenv("TEST_SRCDIR");
  const char* workspace = getenv("TEST_WORKSPACE");
  return root == nullptr || workspace == nullptr ? path : absl::StrCat(root, "/", workspace, "/", path);
}

std::string MakeShortTempDir() {
  std::string path = "/tmp/egi.XXXXXX";
  return mkdtemp(path.data()) == nullptr ? "" : path;
}

absl::StatusOr<std::string> RunCommand(const std::string& shell_command) {
  FILE* pipe = popen(shell_command.c_str(), "r");
  if (pipe == nullptr) return absl::InternalError(absl::StrCat("cannot start: ", shell_command));
  std::string output;
  std::array<char, 4096> chunk;
  while (const size_t length = fread(chunk.data(), 1, chunk.size(), pipe)) output.append(chunk.data(), length);
  if (const int status = pclose(pipe); status != 0) return absl::InternalError(absl::StrCat(shell_command, " ended with status ", status, ": ", output));
  return output;
}

}  // namespace egi::testing
