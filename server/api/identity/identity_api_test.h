// For tests: accounts on a real server, with short ways to make them and to sign in.
#ifndef EGI_SERVER_API_IDENTITY_IDENTITY_API_TEST_H_
#define EGI_SERVER_API_IDENTITY_IDENTITY_API_TEST_H_

#include <memory>
#include <string>

#include "egi/identity/v1/account.grpc.pb.h"
#include "egi/identity/v1/auth.grpc.pb.h"
#include "server/api/api_test_server.h"

namespace egi::api {

inline constexpr char kPassword[] = "douze canards";

class IdentityApiTest : public ApiTest {
 protected:
  using Accounts = identity::v1::AccountService::Stub;
  using Auth = identity::v1::AuthService::Stub;

  void SetUp() override {
    ApiTest::SetUp();
    accounts_ = identity::v1::AccountService::NewStub(channel_);
    auth_ = identity::v1::AuthService::NewStub(channel_);
  }

  static identity::v1::CreateAccountRequest Wish(const std::string& username, const std::string& role) {
    identity::v1::CreateAccountRequest request;
    request.set_username(username);
    request.set_role(role);
    request.set_password(kPassword);
    if (role == "supervisor") request.add_sites("LL");
    return request;
  }

  grpc::Status Create(const identity::v1::CreateAccountRequest& request, const std::string& token, identity::v1::Account* account = nullptr) {
    identity::v1::Account ignored;
    return Call(*accounts_, &Accounts::CreateAccount, request, account == nullptr ? &ignored : account, token);
  }

  grpc::Status Login(const std::string& name, const std::string& password, identity::v1::LoginResponse* response) {
    identity::v1::LoginRequest request;
    request.set_username(name);
    request.set_password(password);
    return Call(*auth_, &Auth::Login, request, response);
  }

  // The tokens of a login that must succeed.
  identity::v1::LoginResponse SignIn(const std::string& name) {
    identity::v1::LoginResponse response;
    const grpc::Status status = Login(name, kPassword, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  // Makes the first account, `chef` of role admin; its access token.
  std::string Admin() {
    const grpc::Status status = Create(Wish("chef", "admin"), "");
    EXPECT_TRUE(status.ok()) << status.error_message();
    return SignIn("chef").access_token();
  }

  grpc::Status Refresh(const std::string& token, identity::v1::LoginResponse* response) {
    identity::v1::RefreshRequest request;
    request.set_refresh_token(token);
    return Call(*auth_, &Auth::Refresh, request, response);
  }

  grpc::Status Me(const std::string& token, identity::v1::UserInfo* info = nullptr) {
    identity::v1::UserInfo ignored;
    return Call(*auth_, &Auth::GetMe, identity::v1::GetMeRequest(), info == nullptr ? &ignored : info, token);
  }

  std::unique_ptr<identity::v1::AccountService::Stub> accounts_;
  std::unique_ptr<identity::v1::AuthService::Stub> auth_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_IDENTITY_IDENTITY_API_TEST_H_
