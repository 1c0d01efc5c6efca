// The files of simulators/scenarios, embedded when the program is built.
#ifndef EGI_SIMULATORS_HOST_BUILTIN_SCENARIOS_H_
#define EGI_SIMULATORS_HOST_BUILTIN_SCENARIOS_H_

#include <string>
#include <utility>
#include <vector>

namespace egi::simulator_host {

// Name and YAML of each.
std::vector<std::pair<std::string, std::string>> BuiltInScenarioFiles();

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_BUILTIN_SCENARIOS_H_
