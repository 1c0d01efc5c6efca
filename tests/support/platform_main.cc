// platform -- COMMAND...: starts a whole platform of its own, runs COMMAND against it and stops everything. Prints one line of JSON with the
// addresses; COMMAND finds them in EGI_BASE_URL, EGI_SERVER, EGI_DATABASE_URL, EGI_SIMULATORS (where the gateway looks for a simulator host) and
// EGI_CONTROL. EGI_CONTROL is a unix socket that takes one request a connection, "restart PART", "stop PART" (kill -9), "start PART" or "memory PART" with PART
// server, gateway or database, and answers one line: "ok [KiB]" or "error TEXT".
#include <signal.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/guarantees/platform.h"

namespace egi::testing {
namespace {

using guarantees::Part;
using guarantees::Platform;

constexpr absl::Duration kReadyAgain = absl::Seconds(60);
constexpr int kPollMillis = 100;

volatile sig_atomic_t stop_requested = 0;

std::optional<Part> ParsePart(absl::string_view name) {
  for (const Part part : {Part::kServer, Part::kGateway, Part::kDatabase}) {
    if (name == guarantees::PartName(part)) return part;
  }
  return std::nullopt;
}

std::string Answer(Platform& platform, const std::string& request) {
  const std::vector<std::string> words = absl::StrSplit(request, ' ');
  const std::optional<Part> part = words.size() == 2 ? ParsePart(words[1]) : std::nullopt;
  if (!part.has_value()) return "error expected: restart|stop|start|memory server|gateway|database";
  if (words[0] == "memory") return absl::StrCat("ok ", platform.ResidentKib(*part));
  if (words[0] == "stop") {
    platform.Kill(*part);
    return "ok";
  }
  if (words[0] != "restart" && words[0] != "start") return "error expected: restart, stop, start or memory";
  absl::Status status = words[0] == "restart" ? platform.KillAndRestart(*part) : platform.Start(*part);
  if (status.ok()) status = platform.WaitUntilReady(kReadyAgain);
  return status.ok() ? "ok" : absl::StrCat("error ", status.ToString());
}

int ListenOn(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return -1;
  path.copy(address.sun_path, path.size());
  const int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (bind(file, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 || listen(file, 8) != 0) return -1;
  return file;
}

void ServeOne(Platform& platform, int listener) {
  const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  std::string request;
  for (char byte = 0; request.size() < 100 && read(connection, &byte, 1) == 1 && byte != '\n';) request += byte;
  const std::string answer = absl::StrCat(Answer(platform, std::string(absl::StripAsciiWhitespace(request))), "\n");
  if (write(connection, answer.data(), answer.size()) < 0) perror("platform: control socket");
  close(connection);
}

pid_t Start(char** command) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  execvp(command[0], command);
  perror(command[0]);
  _exit(127);
}

// Serves the control socket until the command ends; its exit status.
int Wait(Platform& platform, int listener, pid_t command) {
  for (bool told = false;;) {
    int status = 0;
    if (waitpid(command, &status, WNOHANG) == command) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (stop_requested && !told) {
      kill(command, SIGTERM);
      told = true;
    }
    pollfd ready{listener, POLLIN, 0};
    if (poll(&ready, 1, kPollMillis) > 0) ServeOne(platform, listener);
  }
}

int Main(int argc, char** argv) {
  if (argc < 3 || std::string(argv[1]) != "--") {
    std::cerr << "usage: platform -- COMMAND [ARGUMENT...]\n";
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  for (const int each : {SIGTERM, SIGINT}) {
    signal(each, [](int) { stop_requested = 1; });
  }
  absl::StatusOr<std::unique_ptr<Platform>> platform = Platform::Create();
  if (!platform.ok()) {
    std::cerr << "platform: " << platform.status() << "\n";
    return 1;
  }
  const std::string control = (*platform)->directory() + "/control";
  const int listener = ListenOn(control);
  if (listener < 0) {
    perror("platform: control socket");
    return 1;
  }
  const std::string base = absl::StrCat("http://", (*platform)->gateway());
  setenv("EGI_BASE_URL", base.c_str(), 1);
  setenv("EGI_SERVER", (*platform)->server().c_str(), 1);
  setenv("EGI_SIMULATORS", (*platform)->simulators().c_str(), 1);
  setenv("EGI_DATABASE_URL", (*platform)->database_url().c_str(), 1);
  setenv("EGI_CONTROL", control.c_str(), 1);
  std::cout << "{\"server\":\"" << (*platform)->server() << "\",\"gateway\":\"" << base << "\",\"database_url\":\"" << (*platform)->database_url() << "\"}" << std::endl;
  const pid_t command = Start(argv + 2);
  if (command < 0) {
    perror("platform: fork");
    return 1;
  }
  const int status = Wait(**platform, listener, command);
  if (status != 0) (*platform)->PrintLogs();
  return status;
}

}  // namespace
}  // namespace egi::testing

int main(int argc, char** argv) { return egi::testing::Main(argc, argv); }
