#include "server/api/identity/account_service.h"

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "server/api/caller.h"
#include "server/api/convert.h"
#include "server/api/identity/account_checks.h"
#include "server/api/pages.h"
#include "server/auth/door.h"

namespace egi::api {
namespace {

using identity::v1::Account;
using storage::write::Act;

// Runs `work` for whoever calls.
absl::Status ActAs(const LoginDesk& desk, const grpc::CallbackServerContext& context, const std::function<absl::Status(const Act&)>& work) {
  auto caller = auth::CallerOf(desk.tokens, context);
  if (!caller.ok()) return caller.status();
  return work(Act{*std::move(caller), desk.clock.Now(), CallerOf(context).transport == "grpc"});
}

void CheckId(int32_t id, Fields& fields) { fields.Check(id > 0, "id", "must be > 0"); }

absl::Status CreateAccount(const LoginDesk& desk, identity::v1::CreateAccountRequest request, grpc::CallbackServerContext* context, const Act& act, Account* response) {
  Fields fields;
  request.set_request_id(WishOf(request.request_id(), CallerOf(*context), "request_id", fields));
  CheckNewAccount(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto made = desk.accounts.Create(request, [&] { return desk.hasher.Hash(request.password()); }, act);
  if (!made.ok()) return made.status();
  TellNew(made->is_new, context);
  *response = std::move(made->account);
  return absl::OkStatus();
}

absl::Status ListAccounts(const LoginDesk& desk, const identity::v1::ListAccountsRequest& request, const Act& act, identity::v1::ListAccountsResponse* response) {
  Fields fields;
  return AnswerPage(
      request, fields, [&](std::optional<int64_t> before, int limit) { return desk.accounts.List(before, limit, act); }, [](const Account& account) { return account.id(); },
      Into(response->mutable_accounts()), response->mutable_next_page_token());
}

absl::Status SetEnabled(const LoginDesk& desk, int32_t id, bool enabled, const Act& act, Account* response) {
  Fields fields;
  CheckId(id, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(desk.accounts.SetEnabled(id, enabled, act), response);
}

absl::Status SetPassword(const LoginDesk& desk, const identity::v1::SetPasswordRequest& request, const Act& act, Account* response) {
  Fields fields;
  CheckId(request.id(), fields);
  CheckPassword(request.password(), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(desk.accounts.SetPassword(request.id(), [&] { return desk.hasher.Hash(request.password()); }, act), response);
}

}  // namespace

grpc::ServerUnaryReactor* AccountService::CreateAccount(grpc::CallbackServerContext* context, const identity::v1::CreateAccountRequest* request, Account* response) {
  return calls_.Run(context, [=, this] { return ActAs(desk_, *context, [&](const Act& act) { return api::CreateAccount(desk_, *request, context, act, response); }); });
}

grpc::ServerUnaryReactor* AccountService::ListAccounts(grpc::CallbackServerContext* context, const identity::v1::ListAccountsRequest* request,
                                                       identity::v1::ListAccountsResponse* response) {
  return calls_.Run(context, [=, this] { return ActAs(desk_, *context, [&](const Act& act) { return api::ListAccounts(desk_, *request, act, response); }); });
}

grpc::ServerUnaryReactor* AccountService::DisableAccount(grpc::CallbackServerContext* context, const identity::v1::DisableAccountRequest* request, Account* response) {
  return calls_.Run(context, [=, this] { return ActAs(desk_, *context, [&](const Act& act) { return SetEnabled(desk_, request->id(), false, act, response); }); });
}

grpc::ServerUnaryReactor* AccountService::EnableAccount(grpc::CallbackServerContext* context, const identity::v1::EnableAccountRequest* request, Account* response) {
  return calls_.Run(context, [=, this] { return ActAs(desk_, *context, [&](const Act& act) { return SetEnabled(desk_, request->id(), true, act, response); }); });
}

grpc::ServerUnaryReactor* AccountService::SetPassword(grpc::CallbackServerContext* context, const identity::v1::SetPasswordRequest* request, Account* response) {
  return calls_.Run(context, [=, this] { return ActAs(desk_, *context, [&](const Act& act) { return api::SetPassword(desk_, *request, act, response); }); });
}

}  // namespace egi::api
