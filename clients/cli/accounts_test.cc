#include "clients/cli/accounts.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/session_file.h"
#include "egi/identity/v1/account.grpc.pb.h"
#include "egi/identity/v1/auth.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace egi::cli {
namespace {

namespace iv1 = egi::identity::v1;

// Renews the token "old" once; keeps what it was asked.
class FakeAuth final : public iv1::AuthService::Service {
 public:
  grpc::Status Login(grpc::ServerContext*, const iv1::LoginRequest* request, iv1::LoginResponse* response) override {
    login = *request;
    response->set_access_token("first");
    response->set_refresh_token("old");
    response->set_expires_in(900);
    return grpc::Status::OK;
  }
  grpc::Status Refresh(grpc::ServerContext*, const iv1::RefreshRequest* request, iv1::LoginResponse* response) override {
    if (request->refresh_token() != "old") return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "sign in again");
    response->set_access_token("renewed");
    response->set_refresh_token("new");
    response->set_expires_in(900);
    return grpc::Status::OK;
  }
  grpc::Status Logout(grpc::ServerContext*, const iv1::LogoutRequest* request, iv1::LogoutResponse*) override {
    ended = request->refresh_token();
    return grpc::Status::OK;
  }
  iv1::LoginRequest login;
  std::string ended;
};

class FakeAccounts final : public iv1::AccountService::Service {
 public:
  grpc::Status CreateAccount(grpc::ServerContext* context, const iv1::CreateAccountRequest* request, iv1::Account* response) override {
    const auto [first, end] = context->client_metadata().equal_range("authorization");
    caller = first == end ? "" : std::string(first->second.data(), first->second.size());
    password = request->password();
    response->set_id(7);
    response->set_role(request->role());
    return grpc::Status::OK;
  }
  std::string caller, password;
};

class AccountsTest : public ::testing::Test {
 protected:
  AccountsTest() : folder_(absl::StrCat(::testing::TempDir(), "/egictl.", getpid())) {
    setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
    unsetenv("EGI_TOKEN");
    unlink(SessionFile().c_str());
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&auth_);
    builder.RegisterService(&accounts_);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  Session Typing(const std::string& text) {
    in_.str(text);
    return Session{address_, false, in_, out_, err_, false};
  }

  const std::string folder_;
  FakeAuth auth_;
  FakeAccounts accounts_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  std::istringstream in_;
  std::ostringstream out_, err_;
  const absl::Time now_ = absl::FromUnixSeconds(1770109200);
};

TEST_F(AccountsTest, SessionComesBackFromAFileThatNobodyElseReads) {
  const StoredSession session{"here:1", "access", "refresh", now_};
  ASSERT_TRUE(SaveSession(SessionFile(), session).ok());
  struct stat about {};
  ASSERT_EQ(stat(SessionFile().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  const auto loaded = LoadSession(SessionFile());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->server + loaded->access_token + loaded->refresh_token, "here:1accessrefresh");
  EXPECT_EQ(loaded->expires, now_);
  ASSERT_EQ(chmod(SessionFile().c_str(), 0644), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(LoadSession(SessionFile()).status()));
}

TEST_F(AccountsTest, TokenIsThatOfTheEnvironmentElseOfTheLoginAtThisServer) {
  const Session session = Typing("");
  EXPECT_EQ(*AccessToken(session, now_), "");
  ASSERT_TRUE(SaveSession(SessionFile(), {address_, "mine", "old", now_ + absl::Minutes(10)}).ok());
  EXPECT_EQ(*AccessToken(session, now_), "mine");
  const Session elsewhere{"127.0.0.1:1", false, in_, out_, err_, false};
  EXPECT_EQ(*AccessToken(elsewhere, now_), "") << "a token is shown to its own server only";
  setenv("EGI_TOKEN", "given", 1);
  EXPECT_EQ(*AccessToken(session, now_), "given");
  unsetenv("EGI_TOKEN");
}

TEST_F(AccountsTest, TokenAboutToExpireIsRenewedAndKept) {
  const Session session = Typing("");
  ASSERT_TRUE(SaveSession(SessionFile(), {address_, "mine", "old", now_ + absl::Seconds(20)}).ok());
  EXPECT_EQ(*AccessToken(session, now_), "renewed");
  EXPECT_EQ(LoadSession(SessionFile())->refresh_token, "new");
  EXPECT_TRUE(absl::IsUnauthenticated(AccessToken(session, now_ + absl::Hours(1)).status()));
}

TEST_F(AccountsTest, ManyAtOnceSendARefreshTokenOnce) {
  const Session session = Typing("");
  ASSERT_TRUE(SaveSession(SessionFile(), {address_, "mine", "old", now_}).ok());
  std::vector<absl::StatusOr<std::string>> tokens(8, absl::UnknownError("not asked"));
  std::vector<std::thread> threads;
  for (auto& token : tokens) threads.emplace_back([&] { token = AccessToken(session, now_); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& token : tokens) {
    ASSERT_TRUE(token.ok()) << token.status();
    EXPECT_EQ(*token, "renewed");
  }
}

TEST_F(AccountsTest, LoginReadsThePasswordAndShowsNoToken) {
  EXPECT_EQ(RunLogin(Typing("douze canards\nmore"), "chef"), kOk);
  EXPECT_EQ(auth_.login.username(), "chef");
  EXPECT_EQ(auth_.login.password(), "douze canards");
  EXPECT_EQ(out_.str().find("first"), std::string::npos) << out_.str();
  EXPECT_EQ(LoadSession(SessionFile())->access_token, "first");
  EXPECT_EQ(RunAddAccount(Typing("other password\n"), iv1::CreateAccountRequest()), kOk);
  EXPECT_EQ(accounts_.caller, "Bearer first");
  EXPECT_EQ(accounts_.password, "other password");
  EXPECT_EQ(out_.str().find("other password"), std::string::npos);
  EXPECT_EQ(RunLogout(Typing("")), kOk);
  EXPECT_EQ(auth_.ended, "old");
  EXPECT_FALSE(LoadSession(SessionFile()).ok());
}

TEST_F(AccountsTest, WithoutAPasswordNothingIsAsked) {
  EXPECT_EQ(RunLogin(Typing(""), "a@b.example"), kFailed);
  EXPECT_EQ(RunSetPassword(Typing("\n"), 7), kFailed);
  EXPECT_NE(err_.str().find("standard input"), std::string::npos);
}

}  // namespace
}  // namespace egi::cli
