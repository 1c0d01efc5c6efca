// What `egictl simulators ...` does.
#ifndef EGI_CLIENTS_CLI_SIMULATORS_H_
#define EGI_CLIENTS_CLI_SIMULATORS_H_

#include <string>

#include "absl/status/statusor.h"
#include "clients/cli/session.h"
#include "egi/simulation/v1/control.pb.h"

namespace egi::cli {

// Each calls the simulator host at `session.server`, prints what it answers and returns the exit code.
int RunListSimulators(const Session& session, const simulation::v1::ListSimulatorsRequest& request);
int RunShowSimulator(const Session& session, const simulation::v1::GetSimulatorRequest& request);
int RunAddSimulator(const Session& session, const simulation::v1::CreateSimulatorRequest& request);
int RunStartSimulator(const Session& session, const simulation::v1::StartSimulatorRequest& request);
int RunStopSimulator(const Session& session, const simulation::v1::StopSimulatorRequest& request);
int RunDeleteSimulator(const Session& session, const simulation::v1::DeleteSimulatorRequest& request);
int RunSetSpeed(const Session& session, const simulation::v1::SetSpeedRequest& request);
int RunInject(const Session& session, const simulation::v1::InjectIncidentRequest& request);
int RunListScenarios(const Session& session);
int RunStartScenario(const Session& session, const simulation::v1::StartScenarioRequest& request);
int RunStopScenario(const Session& session, const simulation::v1::StopScenarioRequest& request);

// "J3:soir", "3:soir" or "J3" (matin). Errors: INVALID_ARGUMENT.
absl::StatusOr<simulation::v1::MealMoment> ParseMealMoment(const std::string& text);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_SIMULATORS_H_
