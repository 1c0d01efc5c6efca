// How simulators may run: what requests and scenarios say, made whole and checked.
#ifndef EGI_SIMULATORS_HOST_SETTINGS_H_
#define EGI_SIMULATORS_HOST_SETTINGS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/simulation/v1/control.pb.h"
#include "simulators/feeding/incident.h"
#include "simulators/feeding/simulation.h"

namespace egi::simulator_host {

// What a request asks for: a simulator without state. Errors: INVALID_ARGUMENT (name, no settings).
absl::StatusOr<simulation::v1::Simulator> Requested(const simulation::v1::CreateSimulatorRequest& request);

// Fills in what settings leave to their defaults and checks the rest. INVALID_ARGUMENT naming every bad field, each with `prefix` before it.
absl::Status Complete(simulation::v1::Simulator* simulator, const std::string& prefix = "");

// Whether two complete simulators run alike, their pace apart.
bool SameButForPace(const simulation::v1::Simulator& a, const simulation::v1::Simulator& b);

// Errors: INVALID_ARGUMENT naming every bad field. A meal that is not told is `first` (nullopt: the next one of each lot).
absl::StatusOr<feeding_simulator::Incident> ToIncident(const simulation::v1::Incident& incident, std::optional<int> first);

// The inverse, for incidents read from a scenario.
simulation::v1::Incident FromIncident(const feeding_simulator::Incident& incident);

// Of complete settings.
feeding_simulator::SimulationOptions OptionsOf(const simulation::v1::FeedingSettings& feeding);

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_SETTINGS_H_
