// SimulatorService over a registry.
#ifndef EGI_SIMULATORS_HOST_SERVICE_H_
#define EGI_SIMULATORS_HOST_SERVICE_H_

#include <utility>

#include "egi/simulation/v1/control.grpc.pb.h"
#include "simulators/host/registry.h"
#include "simulators/host/scenario.h"

namespace egi::simulator_host {

// Thread-safe. The registry outlives it.
class SimulatorService final : public simulation::v1::SimulatorService::Service {
 public:
  SimulatorService(Registry* registry, Scenarios scenarios) : registry_(*registry), scenarios_(std::move(scenarios)) {}

  grpc::Status ListSimulators(grpc::ServerContext*, const simulation::v1::ListSimulatorsRequest* request,
                              simulation::v1::ListSimulatorsResponse* response) override;
  grpc::Status CreateSimulator(grpc::ServerContext*, const simulation::v1::CreateSimulatorRequest* request, simulation::v1::Simulator* response) override;
  grpc::Status GetSimulator(grpc::ServerContext*, const simulation::v1::GetSimulatorRequest* request, simulation::v1::Simulator* response) override;
  grpc::Status DeleteSimulator(grpc::ServerContext*, const simulation::v1::DeleteSimulatorRequest* request, simulation::v1::Simulator* response) override;
  grpc::Status StartSimulator(grpc::ServerContext*, const simulation::v1::StartSimulatorRequest* request, simulation::v1::Simulator* response) override;
  grpc::Status StopSimulator(grpc::ServerContext*, const simulation::v1::StopSimulatorRequest* request, simulation::v1::Simulator* response) override;
  grpc::Status SetSpeed(grpc::ServerContext*, const simulation::v1::SetSpeedRequest* request, simulation::v1::Simulator* response) override;
  grpc::Status InjectIncident(grpc::ServerContext*, const simulation::v1::InjectIncidentRequest* request, simulation::v1::Simulator* response) override;
  grpc::Status ListScenarios(grpc::ServerContext*, const simulation::v1::ListScenariosRequest*, simulation::v1::ListScenariosResponse* response) override;
  grpc::Status StartScenario(grpc::ServerContext*, const simulation::v1::StartScenarioRequest* request,
                             simulation::v1::ListSimulatorsResponse* response) override;
  grpc::Status StopScenario(grpc::ServerContext*, const simulation::v1::StopScenarioRequest* request,
                            simulation::v1::ListSimulatorsResponse* response) override;

 private:
  Registry& registry_;
  const Scenarios scenarios_;
};

// The simulators of a scenario, `acceleration` (0 = its own) given to those that feed. Errors: NOT_FOUND, INVALID_ARGUMENT.
absl::StatusOr<std::vector<simulation::v1::Simulator>> SimulatorsOf(const Scenarios& scenarios, const std::string& name, double acceleration);

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_SERVICE_H_
