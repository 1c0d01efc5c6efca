// egi-server: flags → configuration → Create → Start → wait for a signal → Drain → Stop.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "server/app/config.h"
#include "server/app/server.h"
#include "server/base/system_clock.h"
#include "server/telemetry/log.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:50051", "HOST:PORT of gRPC; a loopback address. Port 0 takes a free one, told in the log.");
ABSL_FLAG(std::string, metrics, "127.0.0.1:9464", "HOST:PORT of the Prometheus metrics; a loopback address. Empty = none.");
ABSL_FLAG(std::string, config, "", "Text file of egi.app.ServerConfig (server/app/config.proto). Empty = defaults.");
ABSL_FLAG(std::string, database_url, "", "PostgreSQL URI or connection string. Empty = the environment variable EGI_DATABASE_URL.");
ABSL_FLAG(std::string, profiles, "", "YAML file of the stations' profiles and the rules their livers are judged by. Empty = those built in.");
ABSL_FLAG(std::string, token_key, "",
          "File of the key that signs access tokens, mode 0600; made when it is not there. Servers of one database share it. Empty = a key of this process: tokens end with it.");
ABSL_FLAG(bool, verbose, false, "Log state changes of streams too.");

namespace {

std::string DatabaseUrl() {
  if (const std::string url = absl::GetFlag(FLAGS_database_url); !url.empty()) return url;
  const char* environment = std::getenv("EGI_DATABASE_URL");
  return environment == nullptr ? "" : environment;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "egi-server: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage(
      "the EGI server: takes meals and sensor samples in, keeps them, shows them live.\n\n"
      "  egi-server --database_url=postgresql://... [--listen=127.0.0.1:50051] [--config=FILE]\n\n"
      "SIGTERM and SIGINT drain: new streams are refused, what was taken is committed and acknowledged.\n"
      "All flags: --helpfull");
  if (const auto rest = absl::ParseCommandLine(argc, argv); rest.size() > 1) {
    std::fprintf(stderr, "egi-server: unexpected argument \"%s\"; see --help\n", rest[1]);
    return 2;
  }
  const auto config = egi::app::LoadConfig(absl::GetFlag(FLAGS_config));
  if (!config.ok()) return Fail(config.status());

  // Every thread inherits the mask, so that only AwaitSignal takes these.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const egi::SystemClock clock;
  const auto log = egi::telemetry::Log::ToStderr();
  log->SetVerbose(absl::GetFlag(FLAGS_verbose));
  egi::app::Server::Options options;
  options.listen = absl::GetFlag(FLAGS_listen);
  options.metrics = absl::GetFlag(FLAGS_metrics);
  options.database_url = DatabaseUrl();
  options.config = *config;
  options.token_key = absl::GetFlag(FLAGS_token_key);
  options.profiles = absl::GetFlag(FLAGS_profiles);
  options.clock = &clock;
  options.log = log.get();
  auto server = egi::app::Server::Create(options);
  if (!server.ok()) return Fail(server.status());
  if (const absl::Status status = (*server)->Start(); !status.ok()) return Fail(status);

  int signal = 0;
  sigwait(&signals, &signal);
  log->Info("draining", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  const bool drained = (*server)->Drain(absl::Seconds(config->drain_timeout_s()));
  (*server)->Stop();
  log->Info(drained ? "stopped" : "stopped before every stream had ended");
  return 0;
}
