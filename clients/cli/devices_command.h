// The arguments of egictl devices.
#ifndef EGI_CLIENTS_CLI_DEVICES_COMMAND_H_
#define EGI_CLIENTS_CLI_DEVICES_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "clients/cli/session.h"

namespace egi::cli {

// Adds `devices list|show|approve|configure|commands` to `app`; parsing one sets `run`, which outlives the parsing.
void AddDevicesCommand(CLI::App& app, std::function<int(const Session&)>* run);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_DEVICES_COMMAND_H_
