// For tests: the services on a real gRPC server of this process, over a fresh PostgreSQL database.
#ifndef EGI_SERVER_API_API_TEST_SERVER_H_
#define EGI_SERVER_API_API_TEST_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/api/services.h"
#include "server/auth/door.h"
#include "server/base/fake_clock.h"
#include "server/base/worker_pool.h"
#include "server/persist/batcher.h"
#include "server/storage/postgres/meal_committer.h"
#include "server/storage/postgres/pool.h"
#include "tests/support/test_database.h"

namespace egi::api {

// The clock stands at 2026-02-03 09:00 UTC.
class ApiTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = testing::TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    auto pool = storage::Pool::Create({.url = database_->url()});
    ASSERT_TRUE(pool.ok()) << pool.status();
    pool_ = *std::move(pool);
    workers_ = std::make_unique<WorkerPool>(4, 64);
    storage::PostgresMealCommitter::Options committer;
    committer.url = database_->url();
    committer.judge = [](const feeding::v1::Meal& meal, const analyse::LotState& lot) { return analyse::JudgeMeal(meal, lot); };
    persist::BatcherOptions batcher;
    batcher.on_committed = [](std::shared_ptr<const persist::CommittedBatch>) {};
    auto meals = persist::MealBatcher::Create(std::make_unique<storage::PostgresMealCommitter>(std::move(committer), &clock_), std::move(batcher));
    ASSERT_TRUE(meals.ok()) << meals.status();
    meals_ = *std::move(meals);
    tokens_ = *auth::AccessTokens::Create({.clock = &clock_});
    hasher_ = *auth::PasswordHasher::Create({.memory_kib = 64, .passes = 1});
    services_ = MakeServices(
        *pool_, clock_, *workers_, book_, *tokens_, *hasher_,
        [this](const quality::v1::DeviceHeartbeat& heartbeat, const storage::write::CounterSteps&, absl::Time) {
          heartbeats_.push_back(heartbeat.device_id());
        },
        [this](persist::MealWrite write, persist::Done done) { meals_->Submit({std::move(write)}, std::move(done)); });
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("localhost:0", auth::LocalCredentials(*tokens_), &port);
    for (const auto& service : services_->list()) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    channel_ = grpc::CreateChannel("localhost:" + std::to_string(port), grpc::InsecureChannelCredentials());
  }

  void TearDown() override {
    if (server_ != nullptr) server_->Shutdown();
    server_.reset();
    workers_.reset();
  }

  std::string Sql(const std::string& sql) { return database_->Ask(sql); }

  const analyse::AnalysisBook book_ = *analyse::AnalysisBook::BuiltIn();
  FakeClock clock_{absl::FromUnixSeconds(1770109200)};
  std::unique_ptr<testing::TestDatabase> database_;
  std::unique_ptr<storage::Pool> pool_;
  std::unique_ptr<persist::MealBatcher> meals_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<auth::AccessTokens> tokens_;
  std::unique_ptr<auth::PasswordHasher> hasher_;  // cheap: the parameters of a server would make every test slow
  std::unique_ptr<Services> services_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::vector<std::string> heartbeats_;  // devices the hub would have been told of; read after the call
};

// Fields that the BadRequest of `status` names, in its order.
inline std::vector<std::string> BadFields(const grpc::Status& status) {
  google::rpc::Status rpc;
  google::rpc::BadRequest bad_request;
  std::vector<std::string> fields;
  if (!rpc.ParseFromString(status.error_details())) return fields;
  for (const auto& detail : rpc.details()) {
    if (!detail.Is<google::rpc::BadRequest>() || !detail.UnpackTo(&bad_request)) continue;
    for (const auto& violation : bad_request.field_violations()) fields.push_back(violation.field());
  }
  return fields;
}

// Reason of the ErrorInfo of `status`, empty when it has none.
inline std::string Reason(const grpc::Status& status) {
  google::rpc::Status rpc;
  google::rpc::ErrorInfo info;
  if (!rpc.ParseFromString(status.error_details())) return "";
  for (const auto& detail : rpc.details()) {
    if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

// Calls a unary method: Call(*stub, &Stub::Method, request, &response), with an access token unless it is empty.
template <typename Stub, typename Method, typename Request, typename Response>
grpc::Status Call(Stub& stub, Method method, const Request& request, Response* response, const std::string& token = "") {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  return (stub.*method)(&context, request, response);
}

}  // namespace egi::api

#endif  // EGI_SERVER_API_API_TEST_SERVER_H_
