#include "server/api/identity/auth_service.h"

#include <optional>
#include <string>

#include "server/api/fields.h"
#include "server/auth/door.h"
#include "server/auth/refresh_tokens.h"
#include "server/base/rich_status.h"

namespace egi::api {
namespace {

using identity::v1::LoginResponse;
using identity::v1::UserInfo;
using storage::write::NewRefreshToken;
using storage::write::Session;

constexpr size_t kMaxSecret = 1024;

void ToUserInfo(const identity::v1::Account& account, UserInfo* info) {
  info->set_id(account.id());
  if (account.has_email()) *info->mutable_email() = account.email();
  if (account.has_nom()) *info->mutable_nom() = account.nom();
  if (account.has_prenom()) *info->mutable_prenom() = account.prenom();
  if (account.has_username()) *info->mutable_username() = account.username();
  if (account.has_gaveur_id()) *info->mutable_gaveur_id() = account.gaveur_id();
  info->set_role(account.role());
  info->set_user_type(account.role() == "gaveur" ? "gaveur" : "euralis");
  *info->mutable_sites() = account.sites();
}

// The answer that goes with a session whose new refresh token is `refresh`.
absl::Status AnswerSession(const LoginDesk& desk, const Session& session, const std::string& refresh, LoginResponse* response) {
  const auto access = desk.tokens.Issue({session.account.id(), session.id, session.account.role()});
  if (!access.ok()) return access.status();
  response->set_access_token(*access);
  response->set_refresh_token(refresh);
  response->set_token_type("Bearer");
  response->set_expires_in(static_cast<int32_t>(absl::ToInt64Seconds(desk.tokens.lifetime())));
  response->set_refresh_expires_in(static_cast<int32_t>(absl::ToInt64Seconds(auth::kRefreshLifetime)));
  ToUserInfo(session.account, response->mutable_user_info());
  return absl::OkStatus();
}

absl::Status Login(const LoginDesk& desk, const identity::v1::LoginRequest& request, LoginResponse* response) {
  Fields fields;
  fields.Check(request.email().empty() != request.username().empty(), "email", "or username: give one of them");
  fields.Text("email", request.email(), 0, 200);
  fields.Text("username", request.username(), 0, 200);
  fields.Text("password", request.password(), 1, kMaxSecret);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto attempt = desk.sessions.BeginLogin(request.email().empty() ? request.username() : request.email(), desk.clock.Now());
  if (!attempt.ok()) return attempt.status();
  // Whoever the name belongs to, the same work is done and the same is told.
  if (!desk.hasher.Verify(request.password(), attempt->password_hash) || !attempt->enabled) {
    return WithErrorInfo(absl::UnauthenticatedError("the account or the password is not right"), "LOGIN_REFUSED");
  }
  const auto refresh = auth::MakeRefreshToken();
  if (!refresh.ok()) return refresh.status();
  const absl::Time now = desk.clock.Now();
  const auto session = desk.sessions.FinishLogin(*attempt, {auth::HashOf(*refresh), now + auth::kRefreshLifetime}, now);
  if (!session.ok()) return session.status();
  return AnswerSession(desk, *session, *refresh, response);
}

absl::Status Refresh(const LoginDesk& desk, const identity::v1::RefreshRequest& request, LoginResponse* response) {
  Fields fields;
  fields.Text("refresh_token", request.refresh_token(), 1, kMaxSecret);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto next = auth::MakeRefreshToken();
  if (!next.ok()) return next.status();
  const absl::Time now = desk.clock.Now();
  const auto session = desk.sessions.Rotate(auth::HashOf(request.refresh_token()), {auth::HashOf(*next), now + auth::kRefreshLifetime}, now);
  if (!session.ok()) return session.status();
  return AnswerSession(desk, *session, *next, response);
}

absl::Status NotSignedIn() {
  return WithErrorInfo(absl::UnauthenticatedError("nobody is signed in; send the access token as Authorization: Bearer"), "NOT_SIGNED_IN");
}

absl::Status Logout(const LoginDesk& desk, const absl::StatusOr<std::optional<auth::Principal>>& caller, const identity::v1::LogoutRequest& request,
                    identity::v1::LogoutResponse* response) {
  Fields fields;
  fields.Text("refresh_token", request.refresh_token(), 0, kMaxSecret);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (!caller.ok()) return caller.status();
  response->set_success(true);
  if (!request.refresh_token().empty()) return desk.sessions.EndByToken(auth::HashOf(request.refresh_token()), desk.clock.Now());
  if (!caller->has_value()) return NotSignedIn();
  return desk.sessions.End((*caller)->session_id, desk.clock.Now());
}

absl::Status GetMe(const LoginDesk& desk, const absl::StatusOr<std::optional<auth::Principal>>& caller, UserInfo* response) {
  if (!caller.ok()) return caller.status();
  if (!caller->has_value()) return NotSignedIn();
  const auto account = desk.accounts.Standing(**caller);
  if (!account.ok()) return account.status();
  ToUserInfo(*account, response);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* AuthService::Login(grpc::CallbackServerContext* context, const identity::v1::LoginRequest* request, LoginResponse* response) {
  return logins_.Run(context, [=, this] { return api::Login(desk_, *request, response); });
}

grpc::ServerUnaryReactor* AuthService::Refresh(grpc::CallbackServerContext* context, const identity::v1::RefreshRequest* request, LoginResponse* response) {
  return calls_.Run(context, [=, this] { return api::Refresh(desk_, *request, response); });
}

grpc::ServerUnaryReactor* AuthService::Logout(grpc::CallbackServerContext* context, const identity::v1::LogoutRequest* request,
                                              identity::v1::LogoutResponse* response) {
  return calls_.Run(context, [=, this] { return api::Logout(desk_, auth::CallerOf(desk_.tokens, *context), *request, response); });
}

grpc::ServerUnaryReactor* AuthService::GetMe(grpc::CallbackServerContext* context, const identity::v1::GetMeRequest*, UserInfo* response) {
  return calls_.Run(context, [=, this] { return api::GetMe(desk_, auth::CallerOf(desk_.tokens, *context), response); });
}

}  // namespace egi::api
