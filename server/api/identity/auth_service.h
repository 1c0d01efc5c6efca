// Logins, their renewal and their end.
#ifndef EGI_SERVER_API_IDENTITY_AUTH_SERVICE_H_
#define EGI_SERVER_API_IDENTITY_AUTH_SERVICE_H_

#include "egi/identity/v1/auth.grpc.pb.h"
#include "server/api/calls.h"
#include "server/auth/access_tokens.h"
#include "server/auth/password_hasher.h"
#include "server/base/clock.h"
#include "server/storage/write/account_store.h"
#include "server/storage/write/session_store.h"

namespace egi::api {

// What signing in needs; all must outlive the gRPC server.
struct LoginDesk {
  storage::write::AccountStore& accounts;
  storage::write::SessionStore& sessions;
  auth::PasswordHasher& hasher;
  const auth::AccessTokens& tokens;
  const Clock& clock;
};

// Thread-safe.
class AuthService final : public identity::v1::AuthService::CallbackService {
 public:
  // `logins` runs what hashes passwords, on workers of its own: a flood of logins must not hold up other calls.
  AuthService(LoginDesk desk, Calls logins, Calls calls) : desk_(desk), logins_(logins), calls_(calls) {}

  grpc::ServerUnaryReactor* Login(grpc::CallbackServerContext* context, const identity::v1::LoginRequest* request, identity::v1::LoginResponse* response) override;
  grpc::ServerUnaryReactor* Refresh(grpc::CallbackServerContext* context, const identity::v1::RefreshRequest* request, identity::v1::LoginResponse* response) override;
  grpc::ServerUnaryReactor* Logout(grpc::CallbackServerContext* context, const identity::v1::LogoutRequest* request, identity::v1::LogoutResponse* response) override;
  grpc::ServerUnaryReactor* GetMe(grpc::CallbackServerContext* context, const identity::v1::GetMeRequest* request, identity::v1::UserInfo* response) override;

 private:
  const LoginDesk desk_;
  Calls logins_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_IDENTITY_AUTH_SERVICE_H_
