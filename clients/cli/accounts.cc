#include "clients/cli/accounts.h"

#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "clients/cli/session_file.h"
#include "clients/cli/unary.h"
#include "egi/identity/v1/account.grpc.pb.h"
#include "egi/identity/v1/auth.grpc.pb.h"
#include "server/base/system_clock.h"

namespace egi::cli {
namespace {

namespace iv1 = egi::identity::v1;
using Accounts = iv1::AccountService::Stub;
using Auth = iv1::AuthService::Stub;

constexpr absl::Duration kAboutToExpire = absl::Seconds(30);

std::unique_ptr<Auth> AuthOf(const Session& session) { return iv1::AuthService::NewStub(client::MakeChannel(session.server)); }

// What is typed is not shown while this lives.
class NoEcho {
 public:
  NoEcho() {
    if (tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
  }
  ~NoEcho() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

std::string ReadLine(const Session& session, const std::string& prompt) {
  const bool typed = &session.in == &std::cin && isatty(STDIN_FILENO) == 1;
  std::string line;
  if (typed) session.err << prompt << std::flush;
  {
    const std::unique_ptr<NoEcho> silent = typed ? std::make_unique<NoEcho>() : nullptr;
    std::getline(session.in, line);
  }
  if (typed) session.err << "\n";
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

// Typed twice when it is a new one and a person types it. Errors: INVALID_ARGUMENT.
absl::StatusOr<std::string> ReadPassword(const Session& session, bool fresh) {
  const std::string password = ReadLine(session, fresh ? "new password: " : "password: ");
  if (password.empty()) return absl::InvalidArgumentError("no password: type it, or give it as the first line of standard input");
  const bool typed = &session.in == &std::cin && isatty(STDIN_FILENO) == 1;
  if (fresh && typed && ReadLine(session, "again: ") != password) return absl::InvalidArgumentError("the two passwords differ; nothing was changed");
  return password;
}

StoredSession Store(const Session& session, const iv1::LoginResponse& login, absl::Time now) {
  return {session.server, login.access_token(), login.refresh_token(), now + absl::Seconds(login.expires_in())};
}

std::string NameOf(const iv1::Account& account) { return account.has_username() ? account.username().value() : account.email().value(); }

void Print(const Session& session, const iv1::Account& account) {
  if (session.json) {
    session.out << ToJsonLine(account) << "\n";
    return;
  }
  session.out << absl::StrFormat("%5d %-28s %-11s %-9s %s%s\n", account.id(), NameOf(account), account.role(), account.enabled() ? "enabled" : "disabled",
                                 absl::StrJoin(account.sites(), ","), account.has_gaveur_id() ? absl::StrCat(" gaveur ", account.gaveur_id().value()) : "");
}

// Calls as whoever is signed in, prints the account and gives the exit code.
template <typename Request>
int Do(const Session& session, const std::string& what, grpc::Status (Accounts::*method)(grpc::ClientContext*, const Request&, iv1::Account*), const Request& request) {
  const auto token = AccessToken(session, SystemClock().Now());
  if (!token.ok()) return Fail(session, what, token.status());
  const auto stub = iv1::AccountService::NewStub(client::MakeChannel(session.server));
  const absl::StatusOr<iv1::Account> answer = CallAs(*token, *stub, method, request);
  if (!answer.ok()) return Fail(session, what, answer.status());
  Print(session, *answer);
  return kOk;
}

}  // namespace

absl::StatusOr<std::string> AccessToken(const Session& session, absl::Time now) {
  if (const char* token = std::getenv("EGI_TOKEN"); token != nullptr && *token != '\0') return std::string(token);
  const std::string path = SessionFile();
  const auto usable = [&](const absl::StatusOr<StoredSession>& stored) { return stored.ok() && stored->server == session.server; };
  auto stored = LoadSession(path);
  std::unique_ptr<SessionLock> lock;
  if (usable(stored) && now + kAboutToExpire >= stored->expires) {
    auto taken = SessionLock::Take(path);
    if (!taken.ok()) return taken.status();
    lock = *std::move(taken);
    stored = LoadSession(path);  // perhaps renewed by another egictl meanwhile
  }
  if (absl::IsNotFound(stored.status()) || (stored.ok() && !usable(stored))) return std::string();
  if (!stored.ok()) return stored.status();
  if (now + kAboutToExpire < stored->expires) return stored->access_token;
  iv1::RefreshRequest request;
  request.set_refresh_token(stored->refresh_token);
  const auto renewed = Call(*AuthOf(session), &Auth::Refresh, request);
  if (!renewed.ok()) return renewed.status();
  if (absl::Status failed = SaveSession(path, Store(session, *renewed, now)); !failed.ok()) return failed;
  return renewed->access_token();
}

int RunLogin(const Session& session, const std::string& name) {
  const std::string path = SessionFile();
  if (path.empty()) return Fail(session, "login", absl::FailedPreconditionError("there is no place for the tokens: set HOME or XDG_CONFIG_HOME"));
  const auto password = ReadPassword(session, false);
  if (!password.ok()) return Fail(session, "login", password.status());
  iv1::LoginRequest request;
  (absl::StrContains(name, "@") ? *request.mutable_email() : *request.mutable_username()) = name;
  request.set_password(*password);
  const auto login = Call(*AuthOf(session), &Auth::Login, request);
  if (!login.ok()) return Fail(session, "login", login.status());
  const auto lock = SessionLock::Take(path);
  if (!lock.ok()) return Fail(session, "login", lock.status());
  if (absl::Status failed = SaveSession(path, Store(session, *login, SystemClock().Now())); !failed.ok()) return Fail(session, "login", failed);
  if (session.json) {
    session.out << ToJsonLine(login->user_info()) << "\n";
  } else {
    session.out << absl::StrFormat("signed in as account %d, %s; tokens are in %s\n", login->user_info().id(), login->user_info().role(), path);
  }
  return kOk;
}

int RunLogout(const Session& session) {
  const std::string path = SessionFile();
  auto stored = LoadSession(path);
  if (!stored.ok()) return Fail(session, "logout", stored.status());
  const auto lock = SessionLock::Take(path);
  if (!lock.ok()) return Fail(session, "logout", lock.status());
  stored = LoadSession(path);
  if (!stored.ok()) return Fail(session, "logout", stored.status());
  iv1::LogoutRequest request;
  request.set_refresh_token(stored->refresh_token);
  const Session there{stored->server, session.json, session.in, session.out, session.err, session.err_is_terminal};
  const auto answer = Call(*AuthOf(there), &Auth::Logout, request);
  // A token the server does not know is of no more use either.
  if (!answer.ok() && !absl::IsUnauthenticated(answer.status())) return Fail(there, "logout", answer.status());
  std::remove(path.c_str());
  session.err << "signed out\n";
  return kOk;
}

int RunAddAccount(const Session& session, const iv1::CreateAccountRequest& request) {
  const auto password = ReadPassword(session, true);
  if (!password.ok()) return Fail(session, "accounts add", password.status());
  iv1::CreateAccountRequest wish = request;
  wish.set_password(*password);
  return Do(session, "accounts add", &Accounts::CreateAccount, wish);
}

int RunListAccounts(const Session& session, int limit) {
  const auto token = AccessToken(session, SystemClock().Now());
  if (!token.ok()) return Fail(session, "accounts list", token.status());
  iv1::ListAccountsRequest request;
  request.set_limit(limit);
  const auto stub = iv1::AccountService::NewStub(client::MakeChannel(session.server));
  const auto answer = CallAs(*token, *stub, &Accounts::ListAccounts, request);
  if (!answer.ok()) return Fail(session, "accounts list", answer.status());
  for (const auto& account : answer->accounts()) Print(session, account);
  return kOk;
}

int RunDisableAccount(const Session& session, int32_t id) {
  iv1::DisableAccountRequest request;
  request.set_id(id);
  return Do(session, "accounts disable", &Accounts::DisableAccount, request);
}

int RunEnableAccount(const Session& session, int32_t id) {
  iv1::EnableAccountRequest request;
  request.set_id(id);
  return Do(session, "accounts enable", &Accounts::EnableAccount, request);
}

int RunSetPassword(const Session& session, int32_t id) {
  const auto password = ReadPassword(session, true);
  if (!password.ok()) return Fail(session, "accounts password", password.status());
  iv1::SetPasswordRequest request;
  request.set_id(id);
  request.set_password(*password);
  return Do(session, "accounts password", &Accounts::SetPassword, request);
}

}  // namespace egi::cli
