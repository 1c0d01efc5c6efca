// A configuration file of the feeding simulator: the options of the command line as YAML.
#ifndef EGI_SIMULATORS_FEEDING_CONFIG_FILE_H_
#define EGI_SIMULATORS_FEEDING_CONFIG_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace egi::feeding_simulator {

// `arguments` (program name first) with the options of the file that --config names put before the others, which win. Without --config they stay as they
// are. Errors: NOT_FOUND (no such file), INVALID_ARGUMENT with one line for each fault, telling line and key.
absl::StatusOr<std::vector<std::string>> WithConfig(std::vector<std::string> arguments);

// The options of a configuration as arguments, e.g. "--lots=5". Keys are the names of options with dashes or underscores; `incidents` is a list, or a
// file that holds one. `path` stands for the file in errors and, when it holds the list of incidents itself, in --incidents.
absl::StatusOr<std::vector<std::string>> ConfigArguments(const std::string& yaml, const std::string& path);

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_CONFIG_FILE_H_
