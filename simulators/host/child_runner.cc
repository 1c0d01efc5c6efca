#include "simulators/host/child_runner.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"

namespace egi::simulator_host {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(50);
constexpr absl::Duration kRecovery = absl::Minutes(1);

absl::Duration Since(std::chrono::steady_clock::time_point start) { return absl::FromChrono(std::chrono::steady_clock::now() - start); }

// Starts `command`; -1 when the machine has no room for it. Between fork and exec only async-signal-safe calls.
pid_t Spawn(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(0);
  if (const int null = open("/dev/null", O_RDONLY); null >= 0) dup2(null, STDIN_FILENO);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildRunner>> ChildRunner::Start(Options options) {
  if (options.command.empty() || access(options.command[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("the program ", options.command.empty() ? "" : options.command[0], " is missing"));
  }
  return std::unique_ptr<ChildRunner>(new ChildRunner(std::move(options)));
}

void ChildRunner::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void ChildRunner::Describe(simulation::v1::Simulator* simulator) const {
  MutexLock lock(&mutex_);
  simulator->set_state(state_);
  simulator->set_message(message_);
  simulator->set_restarts(restarts_);
}

bool ChildRunner::stopping() const {
  MutexLock lock(&mutex_);
  return stopping_;
}

bool ChildRunner::Sleep(absl::Duration time) {
  const auto end = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(time);
  MutexLock lock(&mutex_);
  for (auto now = std::chrono::steady_clock::now(); !stopping_ && now < end; now = std::chrono::steady_clock::now()) changed_.WaitFor(&mutex_, end - now);
  return !stopping_;
}

int ChildRunner::WaitFor(pid_t pid) {
  int status = 0;
  bool asked = false;
  auto asked_at = std::chrono::steady_clock::now();
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (!stopping()) {
      Sleep(kPoll);
    } else if (!asked) {
      kill(pid, SIGTERM);
      asked = true;
      asked_at = std::chrono::steady_clock::now();
    } else {
      if (Since(asked_at) > options_.patience) kill(pid, SIGKILL);
      std::this_thread::sleep_for(absl::ToChronoMilliseconds(kPoll));
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ChildRunner::Run() {
  absl::Duration pause = options_.first_pause;
  for (;;) {
    const auto started = std::chrono::steady_clock::now();
    const pid_t pid = Spawn(options_.command);
    const int status = pid < 0 ? -1 : WaitFor(pid);
    {
      MutexLock lock(&mutex_);
      state_ = stopping_ ? "stopped" : status == 0 ? "finished" : "restarting";
      if (stopping_ || status == 0) return;
      if (Since(started) > kRecovery) pause = options_.first_pause;
      message_ = pid < 0 ? "the machine has no room for another process" : absl::StrCat("ended with status ", status, "; the log of the host says why");
    }
    const bool go_on = Sleep(pause);
    pause = std::min(2 * pause, options_.longest_pause);
    MutexLock lock(&mutex_);
    state_ = go_on ? "running" : "stopped";
    if (!go_on) return;
    ++restarts_;
  }
}

}  // namespace egi::simulator_host
