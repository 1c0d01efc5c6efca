// Subscribe over a real gRPC server on localhost; the hub's logic has its own test.
#include "server/publish/realtime_service.h"

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/fake_clock.h"
#include "spdlog/sinks/null_sink.h"

namespace egi::publish {
namespace {

using realtime::v1::SubscribeResponse;

// A database without a past.
class EmptyStore : public storage::EventStore {
 public:
  absl::StatusOr<int64_t> LastCommitSeq() override { return 0; }
  absl::StatusOr<int64_t> EarliestCommitSeq() override { return 1; }
  absl::StatusOr<std::vector<std::shared_ptr<const persist::CommittedBatch>>> ReadAfter(int64_t, int) override {
    return std::vector<std::shared_ptr<const persist::CommittedBatch>>();
  }
  absl::StatusOr<Snapshot> ReadSnapshot(const realtime::v1::Filter&) override { return Snapshot{}; }
  absl::StatusOr<std::string> CodeOfLot(int32_t) override { return absl::NotFoundError("nothing was ever stored"); }
};

class RealtimeServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    Hub::Options options;
    options.store = &store_;
    options.pool = &pool_;
    options.clock = &clock_;
    options.metrics = &metrics_;
    options.log = &log_;
    options.poll_interval = absl::Milliseconds(2);
    options.log_events = 1000;
    auto hub = Hub::Create(std::move(options));
    ASSERT_TRUE(hub.ok());
    hub_ = std::move(*hub);
    hub_->Start();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!hub_->Subscribe({}, [] {}).ok()) {  // until its thread has learnt the newest commit
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
    service_ = std::make_unique<RealtimeService>(hub_.get(), &log_);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = realtime::v1::RealtimeService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }
  ~RealtimeServiceTest() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    hub_->Stop();
  }
  // `count` alerts in one transaction, each with a message of `size` bytes.
  void Commit(int64_t seq, int count, size_t size = 1) {
    auto batch = std::make_shared<persist::CommittedBatch>();
    batch->commit_seq = seq;
    batch->commit_time = clock_.Now();
    for (int i = 0; i < count; ++i) {
      auto* alert = batch->events.emplace_back().mutable_alert();
      alert->set_alert_id(++alerts_);
      alert->set_message(std::string(size, 'x'));
    }
    hub_->Committed(std::move(batch));
  }
  std::unique_ptr<grpc::ClientReader<SubscribeResponse>> Subscribe(grpc::ClientContext* context) {
    auto stream = stub_->Subscribe(context, {});
    SubscribeResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_TRUE(response.has_current());
    return stream;
  }

  EmptyStore store_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  telemetry::Metrics metrics_;
  telemetry::Log log_{std::make_shared<spdlog::sinks::null_sink_mt>()};
  WorkerPool pool_{1, 100};
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<RealtimeService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<realtime::v1::RealtimeService::Stub> stub_;
  grpc::ClientContext context_;
  int alerts_ = 0;
};

TEST_F(RealtimeServiceTest, EveryEventArrivesOnceInOrder) {
  auto stream = Subscribe(&context_);
  for (int64_t seq = 1; seq <= 50; ++seq) Commit(seq, 10);
  SubscribeResponse response;
  for (int id = 1; id <= 500; ++id) {
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.event().alert().alert_id(), id);
    ASSERT_FALSE(response.event().resume_token().empty());
  }
}

TEST_F(RealtimeServiceTest, ReaderThatStallsDoesNotHoldTheOthersUp) {
  grpc::ClientContext stalled_context;
  auto stalled = Subscribe(&stalled_context);
  auto reader = Subscribe(&context_);
  SubscribeResponse response;
  int id = 0;
  for (int64_t seq = 1; seq <= 100; ++seq) {
    Commit(seq, 5, 100'000);  // far more than the flow control of the stalled stream takes
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(reader->Read(&response));
      ASSERT_EQ(response.event().alert().alert_id(), ++id);
    }
  }
  stalled_context.TryCancel();
  stalled->Finish();
}

TEST_F(RealtimeServiceTest, BadRequestsNameTheField) {
  realtime::v1::SubscribeRequest request;
  request.mutable_filter()->set_site_code("XX");
  auto stream = stub_->Subscribe(&context_, request);
  SubscribeResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("filter.site_code"), std::string::npos);
}

TEST_F(RealtimeServiceTest, DrainSendsThePositionThenUnavailable) {
  auto stream = Subscribe(&context_);
  hub_->Drain();
  SubscribeResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.has_heartbeat());
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace egi::publish
