// Named sets of simulators, from YAML files.
#ifndef EGI_SIMULATORS_HOST_SCENARIO_H_
#define EGI_SIMULATORS_HOST_SCENARIO_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "egi/simulation/v1/control.pb.h"

namespace egi::simulator_host {

// By name. Their simulators are complete.
using Scenarios = std::map<std::string, simulation::v1::Scenario>;

// Reads one file: `description`, and `simulators`, a list of {name, kind, ...} with the settings of control.proto; the incidents of a feeding simulator are
// those of incident files. Errors: INVALID_ARGUMENT with one line for each fault, telling line and key.
absl::StatusOr<simulation::v1::Scenario> ParseScenario(const std::string& name, const std::string& yaml);

// The files of simulators/scenarios, as built in. Errors: as ParseScenario.
absl::StatusOr<Scenarios> BuiltInScenarios();

// The built-in ones and every NAME.yaml of a folder, which wins where a name is in both. Errors: NOT_FOUND (no such folder), as ParseScenario.
absl::StatusOr<Scenarios> LoadScenarios(const std::string& folder);

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_SCENARIO_H_
