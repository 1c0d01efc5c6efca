// The commands `egictl gauge ...` and `egictl firmware ...` and their options.
#ifndef EGI_CLIENTS_CLI_STATION_COMMANDS_H_
#define EGI_CLIENTS_CLI_STATION_COMMANDS_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "clients/cli/session.h"

namespace egi::cli {

// Adds both to `app`; a parsed command sets `run`. `app` and `run` outlive the parse and the run.
void AddGaugeCommands(CLI::App& app, std::function<int(const Session&)>& run);
void AddFirmwareCommands(CLI::App& app, std::function<int(const Session&)>& run);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_STATION_COMMANDS_H_
