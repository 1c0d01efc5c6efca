#include "tests/guarantees/platform.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace egi::guarantees {
namespace {

using testing::ChildOptions;
using testing::ChildProcess;
using testing::RunCommand;
using testing::Runfile;

constexpr char kPostgres[] = "/usr/lib/postgresql/15/bin";
constexpr absl::Duration kStartTimeout = absl::Seconds(30);

// PostgreSQL refuses to run as root; setpriv replaces itself by the program, so that the pid is that of the postmaster.
std::vector<std::string> AsPostgres(std::vector<std::string> command) {
  if (geteuid() != 0) return command;
  std::vector<std::string> prefix = {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"};
  prefix.insert(prefix.end(), command.begin(), command.end());
  return prefix;
}

std::string AsPostgresShell(const std::string& command) { return geteuid() == 0 ? absl::StrCat("setpriv --reuid=postgres --regid=postgres --init-groups ", command) : command; }

absl::Status WaitFor(const std::string& what, absl::Duration timeout, const std::string& shell_command) {
  absl::Status last;
  for (const absl::Time deadline = absl::Now() + timeout; absl::Now() < deadline; absl::SleepFor(absl::Milliseconds(50))) {
    if (last = RunCommand(absl::StrCat(shell_command, " 2>&1")).status(); last.ok()) return absl::OkStatus();
  }
  return absl::DeadlineExceededError(absl::StrCat(what, " is not ready after ", absl::FormatDuration(timeout), ": ", last.ToString()));
}

}  // namespace

const char* PartName(Part part) {
  switch (part) {
    case Part::kServer:
      return "server";
    case Part::kGateway:
      return "gateway";
    case Part::kDatabase:
      return "database";
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Platform>> Platform::Create() {
  auto platform = std::unique_ptr<Platform>(new Platform);
  platform->directory_ = testing::MakeShortTempDir();
  platform->server_port_ = testing::FreePort();
  platform->gateway_port_ = testing::FreePort();
  platform->simulators_port_ = testing::FreePort();
  platform->database_url_ = absl::StrCat("postgresql://postgres@/gaveurs_db?host=", platform->directory_, "&port=5432");
  if (absl::Status status = platform->StartAll(); !status.ok()) return status;
  return platform;
}

absl::Status Platform::StartAll() {
  const std::string open = geteuid() == 0 ? absl::StrCat("chown postgres:postgres ", directory_, " && ") : "";
  const std::string initdb = AsPostgresShell(
      absl::StrCat(kPostgres, "/initdb -D ", directory_, "/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-instructions"));
  if (auto made = RunCommand(absl::StrCat(open, "chmod 755 ", directory_, " && cd ", directory_, " && ", initdb, " 2>&1")); !made.ok()) return made.status();
  if (absl::Status status = StartDatabase(); !status.ok()) return status;
  const std::string psql = absl::StrCat("psql -h ", directory_, " -U postgres -qAtc ");
  if (absl::Status status = WaitFor("PostgreSQL", kStartTimeout, absl::StrCat(psql, "'SELECT 1'")); !status.ok()) return status;
  if (auto made = RunCommand(absl::StrCat(psql, "'CREATE DATABASE gaveurs_db' 2>&1")); !made.ok()) return made.status();
  if (auto migrated = RunCommand(absl::StrCat(Runfile("sql/egi-migrate"), " --database-url '", database_url_, "' up 2>&1")); !migrated.ok()) return migrated.status();

  absl::StatusOr<std::unique_ptr<ChildProcess>> server =
      ChildProcess::Create({.command = {Runfile("server/egi-server"), "--listen", this->server(), "--metrics", absl::StrCat("127.0.0.1:", testing::FreePort()),
                                       "--token_key", directory_ + "/access_tokens.pem"},
                            .environment = {absl::StrCat("EGI_DATABASE_URL=", database_url_)},
                            .log_file = directory_ + "/server.log"});
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  absl::StatusOr<std::unique_ptr<ChildProcess>> gateway = ChildProcess::Create(
      {.command = {Runfile("gateway/egi-gateway"), "--listen", this->gateway(), "--server", this->server(), "--simulators", this->simulators()}, .log_file = directory_ + "/gateway.log"});
  if (!gateway.ok()) return gateway.status();
  gateway_ = *std::move(gateway);
  return WaitUntilReady(kStartTimeout);
}

absl::Status Platform::StartDatabase() {
  absl::StatusOr<std::unique_ptr<ChildProcess>> database = ChildProcess::Create(
      {.command = AsPostgres({absl::StrCat(kPostgres, "/postgres"), "-D", directory_ + "/data", "-c", "listen_addresses=", "-c",
                              absl::StrCat("unix_socket_directories=", directory_), "-c", "port=5432"}),
       .log_file = directory_ + "/postgres.log",
       .directory = directory_});
  if (!database.ok()) return database.status();
  database_ = *std::move(database);
  return absl::OkStatus();
}

Platform::~Platform() {
  gateway_.reset();
  server_.reset();
  // An orderly end: the children of a killed postmaster would still write while the folder is removed.
  if (database_ != nullptr && database_->Running()) database_->Stop(absl::Seconds(10)).IgnoreError();
  database_.reset();
  if (getenv("EGI_KEEP_LOGS") == nullptr && !directory_.empty()) {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
}

void Platform::PrintLogs() const {
  for (const char* name : {"server", "gateway", "postgres"}) {
    const absl::StatusOr<std::string> tail = RunCommand(absl::StrCat("tail -n 40 ", directory_, "/", name, ".log"));
    std::cerr << "---- " << name << ".log\n" << (tail.ok() ? *tail : tail.status().ToString());
  }
}

testing::ChildProcess& Platform::Process(Part part) const {
  switch (part) {
    case Part::kServer:
      return *server_;
    case Part::kGateway:
      return *gateway_;
    case Part::kDatabase:
      break;
  }
  return *database_;
}

absl::Status Platform::KillAndRestart(Part part) {
  Kill(part);
  return Start(part);
}

void Platform::Kill(Part part) { Process(part).Kill(); }

absl::Status Platform::Start(Part part) {
  if (part != Part::kDatabase) return Process(part).Start();
  // The postmaster's children notice its death and leave; until then a new one refuses the data folder.
  const absl::Time deadline = absl::Now() + kStartTimeout;
  while (absl::Now() < deadline) {
    if (!database_->Running()) {
      if (absl::Status status = database_->Start(); !status.ok()) return status;
    }
    if (RunCommand(absl::StrCat(kPostgres, "/pg_isready -q -h ", directory_)).ok()) return absl::OkStatus();
    absl::SleepFor(absl::Milliseconds(20));
  }
  return absl::DeadlineExceededError("PostgreSQL did not come back");
}

absl::Status Platform::WaitUntilReady(absl::Duration timeout) const {
  return WaitFor("the platform", timeout, absl::StrCat("curl -sf -o /dev/null -m 2 http://", gateway(), "/health/ready"));
}

absl::StatusOr<std::string> Platform::Query(const std::string& sql) const {
  absl::StatusOr<std::string> answer = RunCommand(absl::StrCat("psql '", database_url_, "' -qAtc \"", sql, "\""));
  if (!answer.ok()) return answer.status();
  return std::string(absl::StripTrailingAsciiWhitespace(*answer));
}

std::string Platform::server() const { return absl::StrCat("127.0.0.1:", server_port_); }
std::string Platform::simulators() const { return absl::StrCat("127.0.0.1:", simulators_port_); }
std::string Platform::gateway() const { return absl::StrCat("127.0.0.1:", gateway_port_); }

int64_t Platform::ResidentKib(Part part) const {
  std::ifstream status(absl::StrCat("/proc/", Process(part).pid(), "/status"));
  for (std::string word; status >> word;) {
    int64_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

}  // namespace egi::guarantees
