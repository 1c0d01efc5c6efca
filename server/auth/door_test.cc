#include "server/auth/door.h"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "egi/identity/v1/auth.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/base/fake_clock.h"

namespace egi::auth {
namespace {

using identity::v1::AuthService;

// Answers the number of the caller, 0 for nobody.
class WhoAmI final : public AuthService::CallbackService {
 public:
  explicit WhoAmI(const AccessTokens& tokens) : tokens_(tokens) {}
  grpc::ServerUnaryReactor* GetMe(grpc::CallbackServerContext* context, const identity::v1::GetMeRequest*, identity::v1::UserInfo* response) override {
    ++calls_;
    const auto caller = CallerOf(tokens_, *context);
    if (caller.ok() && caller->has_value()) response->set_id((*caller)->account_id);
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  int calls() const { return calls_; }

 private:
  const AccessTokens& tokens_;
  std::atomic<int> calls_{0};
};

class DoorTest : public ::testing::Test {
 protected:
  DoorTest() : tokens_(*AccessTokens::Create({.clock = &clock_})), service_(*tokens_) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", LocalCredentials(*tokens_), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = AuthService::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }
  ~DoorTest() override { server_->Shutdown(); }

  grpc::Status Ask(const std::vector<std::string>& authorization) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    for (const std::string& value : authorization) context.AddMetadata("authorization", value);
    return stub_->GetMe(&context, identity::v1::GetMeRequest(), &answer_);
  }

  FakeClock clock_{absl::FromUnixSeconds(1770109200)};
  const std::unique_ptr<AccessTokens> tokens_;
  WhoAmI service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<AuthService::Stub> stub_;
  identity::v1::UserInfo answer_;
};

TEST_F(DoorTest, CallWithoutATokenPassesAndIsNobodys) {
  EXPECT_TRUE(Ask({}).ok());
  EXPECT_EQ(answer_.id(), 0);
}

TEST_F(DoorTest, ServiceLearnsWhoCalls) {
  const std::string token = *tokens_->Issue({7, 1, "admin"});
  EXPECT_TRUE(Ask({"Bearer " + token}).ok());
  EXPECT_EQ(answer_.id(), 7);
  EXPECT_TRUE(Ask({"bearer " + token}).ok()) << "the scheme has no case";
}

TEST_F(DoorTest, WhatIsNotOneValidTokenNeverReachesAService) {
  const std::string token = *tokens_->Issue({7, 1, "admin"});
  const std::string foreign = *(*AccessTokens::Create({.clock = &clock_}))->Issue({7, 1, "admin"});
  for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{
           {""}, {"Bearer"}, {"Bearer "}, {"Bearer none"}, {token}, {"Basic YTpi"}, {"Bearer " + foreign}, {"Bearer " + token, "Bearer " + token}}) {
    const grpc::Status status = Ask(bad);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << bad.front();
    EXPECT_FALSE(status.error_message().empty());
  }
  clock_.Advance(absl::Minutes(15));
  const grpc::Status expired = Ask({"Bearer " + token});
  EXPECT_EQ(expired.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_NE(expired.error_message().find("expired"), std::string::npos) << expired.error_message();
  EXPECT_EQ(service_.calls(), 0);
}

}  // namespace
}  // namespace egi::auth
