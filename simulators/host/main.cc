// simulator-host: runs simulators of feeders, stations and lot monitors, and lets them be started, stopped, paced and disturbed over gRPC (SimulatorService).
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "server/base/system_clock.h"
#include "simulators/host/child_runner.h"
#include "simulators/host/feeding_runner.h"
#include "simulators/host/registry.h"
#include "simulators/host/scenario.h"
#include "simulators/host/service.h"
#include "simulators/program/program.h"

ABSL_FLAG(std::string, listen, "127.0.0.1:50061", "HOST:PORT for gRPC, loopback only: this version has no TLS");
ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the EGI server the simulators send to");
ABSL_FLAG(std::string, data, "", "folder of the simulators' spools and states; needed");
ABSL_FLAG(std::string, scenario, "", "scenario to start when the folder holds no simulators yet");
ABSL_FLAG(std::string, scenarios, "", "folder with more scenarios, NAME.yaml each");
ABSL_FLAG(std::string, station_simulator, "", "the program; default: station-simulator beside this one");
ABSL_FLAG(std::string, lot_monitor, "", "the program; default: lot-monitor beside this one");

namespace egi::simulator_host {
namespace {

using simulation::v1::Simulator;

std::string Beside(const std::string& flag, const char* name) {
  if (!flag.empty()) return flag;
  std::error_code error;
  return (std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / name).string();
}

// Tells one life of a feeding simulator from the next of the same name.
int64_t BirthOf(const Simulator& simulator) { return simulator.created_at().seconds() * 1000 + simulator.created_at().nanos() / 1000000; }

// A station keeps its numbering under its identity, whatever the simulator is called; a feeding simulator begins anew under a new folder.
std::string FolderOf(const Simulator& simulator) {
  const std::string data = absl::GetFlag(FLAGS_data);
  if (simulator.has_station()) return absl::StrCat(data, "/station-", simulator.station().device());
  return absl::StrCat(data, "/", simulator.kind(), "-", simulator.name(), "-", BirthOf(simulator));
}

std::vector<std::string> CommandOf(const Simulator& simulator) {
  const std::string server = absl::GetFlag(FLAGS_server);
  if (simulator.has_monitor()) {
    const auto& monitor = simulator.monitor();
    return {Beside(absl::GetFlag(FLAGS_lot_monitor), "lot-monitor"),
            absl::StrCat("--server=", server),
            absl::StrCat("--polling-interval=", monitor.polling_interval_s()),
            absl::StrCat("--samples-per-lot=", monitor.samples_per_lot()),
            absl::StrCat("--samples-per-sqrt-bird=", monitor.samples_per_sqrt_bird()),
            absl::StrCat("--lease-seconds=", monitor.lease_s())};
  }
  const auto& station = simulator.station();
  std::vector<std::string> command = {Beside(absl::GetFlag(FLAGS_station_simulator), "station-simulator"),
                                      absl::StrCat("--server=", server),
                                      absl::StrCat("--device=", station.device()),
                                      absl::StrCat("--rate=", station.rate()),
                                      absl::StrCat("--seed=", station.seed()),
                                      absl::StrCat("--spool=", FolderOf(simulator)),
                                      "--quiet"};
  if (!station.config_profile().empty()) command.push_back(absl::StrCat("--config-profile=", station.config_profile()));
  if (!station.lot().empty()) command.push_back(absl::StrCat("--lot=", station.lot()));
  return command;
}

absl::StatusOr<std::unique_ptr<Runner>> StartRunner(const Simulator& simulator, const Clock* clock) {
  if (!simulator.has_feeding()) return ChildRunner::Start({.command = CommandOf(simulator)});
  return FeedingRunner::Start(simulator,
                              {.server = absl::GetFlag(FLAGS_server),
                               .producer_id = absl::StrCat("simulator/", simulator.name(), "/", BirthOf(simulator)),
                               .folder = FolderOf(simulator)},
                              clock);
}

// What a station has numbered stays: its samples are known by these numbers.
void Erase(const Simulator& simulator) {
  std::error_code ignored;
  if (simulator.has_feeding()) std::filesystem::remove_all(FolderOf(simulator), ignored);
}

absl::Status CheckFlags() {
  const std::string listen = absl::GetFlag(FLAGS_listen);
  if (!absl::StartsWith(listen, "127.") && !absl::StartsWith(listen, "localhost:") && !absl::StartsWith(listen, "[::1]:")) {
    return absl::InvalidArgumentError(absl::StrCat("--listen ", listen, ": only loopback addresses such as 127.0.0.1:50061 are accepted"));
  }
  const std::string data = absl::GetFlag(FLAGS_data);
  if (data.empty()) return absl::InvalidArgumentError("--data is needed: a folder for the spools and states of the simulators");
  std::error_code error;
  std::filesystem::create_directories(data, error);
  if (error) return absl::PermissionDeniedError(absl::StrCat("cannot create --data ", data, ": ", error.message()));
  return absl::OkStatus();
}

absl::Status StartFirst(Registry* registry, const Scenarios& scenarios) {
  if (absl::GetFlag(FLAGS_scenario).empty() || !registry->empty()) return absl::OkStatus();
  const auto simulators = SimulatorsOf(scenarios, absl::GetFlag(FLAGS_scenario), 0);
  if (!simulators.ok()) return simulators.status();
  return registry->Make(*simulators).status();
}

}  // namespace

absl::Status Run(program::StopSignal& stop) {
  if (absl::Status status = CheckFlags(); !status.ok()) return status;
  const std::string folder = absl::GetFlag(FLAGS_scenarios);
  const absl::StatusOr<Scenarios> scenarios = folder.empty() ? BuiltInScenarios() : LoadScenarios(folder);
  if (!scenarios.ok()) return scenarios.status();
  const SystemClock clock;
  absl::StatusOr<std::unique_ptr<Registry>> registry = Registry::Create(
      {.file = absl::GetFlag(FLAGS_data) + "/simulators.json",
       .clock = &clock,
       .start = [&clock](const Simulator& simulator) { return StartRunner(simulator, &clock); },
       .erase = Erase});
  if (!registry.ok()) return registry.status();
  if (absl::Status status = StartFirst(registry->get(), *scenarios); !status.ok()) return status;

  SimulatorService service(registry->get(), *scenarios);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(absl::GetFlag(FLAGS_listen), grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return absl::UnavailableError(absl::StrCat("cannot listen on ", absl::GetFlag(FLAGS_listen), "; is it taken?"));
  printf("simulator-host: listening on port %d\n", port);
  fflush(stdout);
  while (!stop.WaitFor(absl::Hours(1))) {
  }
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return absl::OkStatus();
}

}  // namespace egi::simulator_host

int main(int argc, char** argv) {
  return egi::program::Main("simulator-host", "Runs simulators and lets them be controlled over gRPC. --help lists the options.", argc, argv,
                            egi::simulator_host::Run);
}
