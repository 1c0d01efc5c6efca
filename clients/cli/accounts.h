// What `egictl login`, `egictl logout` and `egictl accounts ...` do.
#ifndef EGI_CLIENTS_CLI_ACCOUNTS_H_
#define EGI_CLIENTS_CLI_ACCOUNTS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cli/session.h"
#include "egi/identity/v1/account.pb.h"

namespace egi::cli {

// The access token to call with: EGI_TOKEN, else that of the last login at this server, renewed when it is about to expire; empty when there is neither. Errors: of the
// renewal and of the file.
absl::StatusOr<std::string> AccessToken(const Session& session, absl::Time now);

// Each prints what the server answers and returns the exit code. A password is the first line of `session.in`, or typed without echo when standard input is a terminal.
int RunLogin(const Session& session, const std::string& name);
int RunLogout(const Session& session);
int RunAddAccount(const Session& session, const identity::v1::CreateAccountRequest& request);
int RunListAccounts(const Session& session, int limit);
int RunDisableAccount(const Session& session, int32_t id);
int RunEnableAccount(const Session& session, int32_t id);
int RunSetPassword(const Session& session, int32_t id);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_ACCOUNTS_H_
