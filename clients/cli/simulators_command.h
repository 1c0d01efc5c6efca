// The command `egictl simulators ...` and its options.
#ifndef EGI_CLIENTS_CLI_SIMULATORS_COMMAND_H_
#define EGI_CLIENTS_CLI_SIMULATORS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "clients/cli/session.h"

namespace egi::cli {

// Adds it to `app`; a parsed command sets `run`. `run` outlives the parse.
void AddSimulatorsCommand(CLI::App& app, std::function<int(const Session&)>* run);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_SIMULATORS_COMMAND_H_
