#include "simulators/host/service.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/grpc_status.h"
#include "server/base/rich_status.h"
#include "simulators/host/settings.h"
#include "simulators/host/settle.h"

namespace egi::simulator_host {
namespace {

using simulation::v1::ListSimulatorsResponse;
using simulation::v1::Simulator;

grpc::Status Answer(absl::StatusOr<Simulator> simulator, Simulator* response) {
  if (!simulator.ok()) return ToGrpcStatus(simulator.status());
  *response = *std::move(simulator);
  return grpc::Status::OK;
}

grpc::Status Answer(absl::StatusOr<std::vector<Simulator>> simulators, ListSimulatorsResponse* response) {
  if (!simulators.ok()) return ToGrpcStatus(simulators.status());
  for (Simulator& each : *simulators) *response->add_simulators() = std::move(each);
  return grpc::Status::OK;
}

void CheckWord(const std::string& field, const std::string& word, std::initializer_list<const char*> words, std::vector<FieldViolation>* bad) {
  if (word.empty() || std::find(words.begin(), words.end(), word) != words.end()) return;
  bad->emplace_back(field, absl::StrCat("must be one of ", absl::StrJoin(words, ", ")));
}

}  // namespace

absl::StatusOr<std::vector<Simulator>> SimulatorsOf(const Scenarios& scenarios, const std::string& name, double acceleration) {
  const auto found = scenarios.find(name);
  if (found == scenarios.end()) {
    const auto names = absl::StrJoin(scenarios, ", ", [](std::string* out, const auto& each) { absl::StrAppend(out, each.first); });
    return WithErrorInfo(absl::NotFoundError(absl::StrCat("there is no scenario \"", name, "\"; there are ", names)), "SCENARIO_NOT_FOUND", {{"scenario", name}});
  }
  if (acceleration != 0 && !(acceleration >= 1 && acceleration <= 86400)) return InvalidFields({{"acceleration", "must be 1 to 86400, or 0 for that of the scenario"}});
  std::vector<Simulator> simulators(found->second.simulators().begin(), found->second.simulators().end());
  for (Simulator& each : simulators) {
    if (acceleration != 0 && each.has_feeding()) each.mutable_feeding()->set_acceleration(acceleration);
  }
  return simulators;
}

grpc::Status SimulatorService::ListSimulators(grpc::ServerContext*, const simulation::v1::ListSimulatorsRequest* request, ListSimulatorsResponse* response) {
  std::vector<FieldViolation> bad;
  CheckWord("kind", request->kind(), {"feeding", "station", "monitor"}, &bad);
  CheckWord("state", request->state(), {"running", "finished", "stopped", "restarting", "failed"}, &bad);
  if (!bad.empty()) return ToGrpcStatus(InvalidFields(bad));
  for (Simulator& each : registry_.List()) {
    const bool wanted = (request->kind().empty() || each.kind() == request->kind()) && (request->state().empty() || each.state() == request->state());
    if (wanted) *response->add_simulators() = std::move(each);
  }
  return grpc::Status::OK;
}

grpc::Status SimulatorService::CreateSimulator(grpc::ServerContext*, const simulation::v1::CreateSimulatorRequest* request, Simulator* response) {
  const absl::StatusOr<Simulator> wanted = Requested(*request);
  if (!wanted.ok()) return ToGrpcStatus(wanted.status());
  std::vector<std::string> begun;
  const absl::StatusOr<std::vector<Simulator>> made = registry_.Make({*wanted}, &begun);
  if (!made.ok()) return ToGrpcStatus(made.status());
  if (const absl::Status works = Settle(registry_, begun); !works.ok()) return ToGrpcStatus(works);
  return Answer(registry_.Get(wanted->name()), response);
}

grpc::Status SimulatorService::GetSimulator(grpc::ServerContext*, const simulation::v1::GetSimulatorRequest* request, Simulator* response) {
  return Answer(registry_.Get(request->name()), response);
}

grpc::Status SimulatorService::DeleteSimulator(grpc::ServerContext*, const simulation::v1::DeleteSimulatorRequest* request, Simulator* response) {
  return Answer(registry_.Delete(request->name(), request->force()), response);
}

grpc::Status SimulatorService::StartSimulator(grpc::ServerContext*, const simulation::v1::StartSimulatorRequest* request, Simulator* response) {
  bool begun = false;
  const absl::StatusOr<Simulator> started = registry_.Start(request->name(), &begun);
  if (!started.ok() || !begun) return Answer(started, response);
  if (const absl::Status works = Settle(registry_, {request->name()}); !works.ok()) return ToGrpcStatus(works);
  return Answer(registry_.Get(request->name()), response);
}

grpc::Status SimulatorService::StopSimulator(grpc::ServerContext*, const simulation::v1::StopSimulatorRequest* request, Simulator* response) {
  return Answer(registry_.Stop(request->name()), response);
}

grpc::Status SimulatorService::SetSpeed(grpc::ServerContext*, const simulation::v1::SetSpeedRequest* request, Simulator* response) {
  return Answer(registry_.SetSpeed(request->name(), request->acceleration(), request->rate()), response);
}

grpc::Status SimulatorService::InjectIncident(grpc::ServerContext*, const simulation::v1::InjectIncidentRequest* request, Simulator* response) {
  return Answer(registry_.Inject(request->name(), request->incident()), response);
}

grpc::Status SimulatorService::ListScenarios(grpc::ServerContext*, const simulation::v1::ListScenariosRequest*,
                                             simulation::v1::ListScenariosResponse* response) {
  for (const auto& [name, scenario] : scenarios_) *response->add_scenarios() = scenario;
  return grpc::Status::OK;
}

grpc::Status SimulatorService::StartScenario(grpc::ServerContext*, const simulation::v1::StartScenarioRequest* request, ListSimulatorsResponse* response) {
  const absl::StatusOr<std::vector<Simulator>> wanted = SimulatorsOf(scenarios_, request->scenario(), request->acceleration());
  if (!wanted.ok()) return ToGrpcStatus(wanted.status());
  std::vector<std::string> begun;
  const absl::StatusOr<std::vector<Simulator>> made = registry_.Make(*wanted, &begun);
  if (!made.ok()) return ToGrpcStatus(made.status());
  if (const absl::Status works = Settle(registry_, begun); !works.ok()) return ToGrpcStatus(works);
  for (const Simulator& each : *made) {
    absl::StatusOr<Simulator> now = registry_.Get(each.name());
    *response->add_simulators() = now.ok() ? *std::move(now) : each;
  }
  return grpc::Status::OK;
}

grpc::Status SimulatorService::StopScenario(grpc::ServerContext*, const simulation::v1::StopScenarioRequest* request, ListSimulatorsResponse* response) {
  return Answer(registry_.StopScenario(request->scenario()), response);
}

}  // namespace egi::simulator_host
