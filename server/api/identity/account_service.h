// Administration of accounts.
#ifndef EGI_SERVER_API_IDENTITY_ACCOUNT_SERVICE_H_
#define EGI_SERVER_API_IDENTITY_ACCOUNT_SERVICE_H_

#include "egi/identity/v1/account.grpc.pb.h"
#include "server/api/calls.h"
#include "server/api/identity/auth_service.h"

namespace egi::api {

// Thread-safe. Of the desk it needs the accounts, the hasher, the tokens and the clock.
class AccountService final : public identity::v1::AccountService::CallbackService {
 public:
  // `calls` runs on workers that may hash passwords.
  AccountService(LoginDesk desk, Calls calls) : desk_(desk), calls_(calls) {}

  grpc::ServerUnaryReactor* CreateAccount(grpc::CallbackServerContext* context, const identity::v1::CreateAccountRequest* request, identity::v1::Account* response) override;
  grpc::ServerUnaryReactor* ListAccounts(grpc::CallbackServerContext* context, const identity::v1::ListAccountsRequest* request,
                                         identity::v1::ListAccountsResponse* response) override;
  grpc::ServerUnaryReactor* DisableAccount(grpc::CallbackServerContext* context, const identity::v1::DisableAccountRequest* request, identity::v1::Account* response) override;
  grpc::ServerUnaryReactor* EnableAccount(grpc::CallbackServerContext* context, const identity::v1::EnableAccountRequest* request, identity::v1::Account* response) override;
  grpc::ServerUnaryReactor* SetPassword(grpc::CallbackServerContext* context, const identity::v1::SetPasswordRequest* request, identity::v1::Account* response) override;

 private:
  const LoginDesk desk_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_IDENTITY_ACCOUNT_SERVICE_H_
