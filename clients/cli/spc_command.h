// The arguments of egictl spc.
#ifndef EGI_CLIENTS_CLI_SPC_COMMAND_H_
#define EGI_CLIENTS_CLI_SPC_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "clients/cli/session.h"

namespace egi::cli {

// Adds the command; when it is chosen, `run` becomes what it does. Both must outlive the parse, and the run its App.
void AddSpcCommand(CLI::App& app, std::function<int(const Session&)>* run);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_SPC_COMMAND_H_
