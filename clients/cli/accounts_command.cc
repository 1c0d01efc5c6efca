#include "clients/cli/accounts_command.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "clients/cli/accounts.h"

namespace egi::cli {
namespace {

using Wish = egi::identity::v1::CreateAccountRequest;

void AddAdd(CLI::App* accounts, std::function<int(const Session&)>* run) {
  const auto wish = std::make_shared<Wish>();
  const auto sites = std::make_shared<std::vector<std::string>>();
  CLI::App* command = accounts->add_subcommand("add", "make an account; the first one is an admin's and needs no login. The password is typed, or the first line of standard input");
  command->add_option("--role", *wish->mutable_role(), "gaveur, supervisor, inspector, analyst, auditor or admin")
      ->required()
      ->check(CLI::IsMember({"gaveur", "supervisor", "inspector", "analyst", "auditor", "admin"}));
  command->add_option("--username", *wish->mutable_username(), "2 to 64 of a-z, 0-9, dot, dash and underscore");
  command->add_option("--email", *wish->mutable_email(), "an account has a username, an email, or both");
  command->add_option("--nom", *wish->mutable_nom(), "family name");
  command->add_option("--prenom", *wish->mutable_prenom(), "first name");
  command->add_option("--site", *sites, "sites of a supervisor or inspector: LL, LS, MT (repeat or separate by commas)")->delimiter(',');
  command->add_option_function<int32_t>("--gaveur", [wish](const int32_t& id) { wish->set_gaveur_id(id); }, "feeder of an account of role gaveur");
  command->callback([=] {
    for (const std::string& site : *sites) wish->add_sites(site);
    *run = [wish](const Session& session) { return RunAddAccount(session, *wish); };
  });
}

void AddOnOne(CLI::App* accounts, const char* name, const char* help, int (*what)(const Session&, int32_t), std::function<int(const Session&)>* run) {
  const auto id = std::make_shared<int32_t>(0);
  CLI::App* command = accounts->add_subcommand(name, help);
  command->add_option("id", *id, "number of the account, as accounts list shows it")->required()->check(CLI::PositiveNumber);
  command->callback([=] { *run = [=](const Session& session) { return what(session, *id); }; });
}

}  // namespace

void AddAccountsCommands(CLI::App& app, std::function<int(const Session&)>* run) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("login", "sign in; the password is typed, or the first line of standard input. EGI_TOKEN takes the place of a login");
  command->add_option("name", *name, "username or email")->required();
  command->callback([=] { *run = [=](const Session& session) { return RunLogin(session, *name); }; });
  app.add_subcommand("logout", "end the session of the last login")->callback([run] { *run = RunLogout; });

  CLI::App* accounts = app.add_subcommand("accounts", "accounts of people; for admins");
  accounts->require_subcommand(1);
  accounts->fallthrough();
  AddAdd(accounts, run);
  const auto limit = std::make_shared<int>(100);
  command = accounts->add_subcommand("list", "accounts, newest first");
  command->add_option("--limit", *limit, "at most so many")->capture_default_str()->check(CLI::Range(1, 500));
  command->callback([=] { *run = [=](const Session& session) { return RunListAccounts(session, *limit); }; });
  AddOnOne(accounts, "disable", "end all sessions of an account and let it open none", RunDisableAccount, run);
  AddOnOne(accounts, "enable", "let a disabled account sign in again", RunEnableAccount, run);
  AddOnOne(accounts, "password", "give an account another password; it is typed, or the first line of standard input", RunSetPassword, run);
}

}  // namespace egi::cli
