// The commands `login`, `logout` and `accounts` of egictl.
#ifndef EGI_CLIENTS_CLI_ACCOUNTS_COMMAND_H_
#define EGI_CLIENTS_CLI_ACCOUNTS_COMMAND_H_

#include <CLI/CLI.hpp>
#include <functional>

#include "clients/cli/session.h"

namespace egi::cli {

// Adds them to `app`; the one chosen is put into `run`.
void AddAccountsCommands(CLI::App& app, std::function<int(const Session&)>* run);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_ACCOUNTS_COMMAND_H_
