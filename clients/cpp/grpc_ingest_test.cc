// Producers over real gRPC, against a service scripted step by step, through restarts of the server.
#include "clients/cpp/grpc_ingest.h"

#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <vector>

#include "clients/cpp/producer.h"
#include "egi/quality/v1/ingest.grpc.pb.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "server/base/grpc_status.h"
#include "server/base/mutex.h"

namespace egi::client {
namespace {

using egi::quality::v1::Sample;
using egi::quality::v1::StreamSamplesRequest;
using egi::quality::v1::StreamSamplesResponse;

// Stores samples like the real service: contiguous sequences, one offset, an ack after each batch.
class ScriptedService : public egi::quality::v1::SampleIngestService::Service {
 public:
  // Ends the present stream with this error after `samples` more samples, once.
  void EndAfter(int samples, absl::Status why) {
    MutexLock lock(&mutex_);
    end_after_ = samples;
    end_why_ = std::move(why);
  }

  std::vector<std::string> stored() const {
    MutexLock lock(&mutex_);
    return stored_;
  }

  // The last command answered, waiting for one at most 10 s.
  int AnsweredCommand() {
    MutexLock lock(&mutex_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (answered_command_ == 0 && std::chrono::steady_clock::now() < deadline) answered_.WaitFor(&mutex_, std::chrono::seconds(1));
    return answered_command_;
  }

  int heartbeats() const {
    MutexLock lock(&mutex_);
    return heartbeats_;
  }

  grpc::Status StreamSamples(grpc::ServerContext*,
                             grpc::ServerReaderWriter<StreamSamplesResponse, StreamSamplesRequest>* stream) override {
    StreamSamplesRequest request;
    if (!stream->Read(&request) || !request.has_open()) return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "open is missing");
    StreamSamplesResponse response;
    {
      MutexLock lock(&mutex_);
      response.mutable_opened()->set_committed_sequence(static_cast<int64_t>(stored_.size()));
      response.mutable_opened()->set_max_outstanding(50);
    }
    stream->Write(response);
    while (stream->Read(&request)) {
      if (request.has_heartbeat()) {
        StreamSamplesResponse command;  // one command for each sign of life
        {
          MutexLock lock(&mutex_);
          command.mutable_command()->set_command_id(++heartbeats_);
        }
        stream->Write(command);
        continue;
      }
      if (request.has_command_result()) {
        MutexLock lock(&mutex_);
        answered_command_ = request.command_result().command_id();
        answered_.NotifyAll();
        continue;
      }
      {
        MutexLock lock(&mutex_);
        int64_t sequence = request.batch().first_sequence();
        if (sequence > static_cast<int64_t>(stored_.size()) + 1) return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "gap");
        for (const Sample& sample : request.batch().samples()) {
          if (sequence++ <= static_cast<int64_t>(stored_.size())) continue;
          stored_.push_back(sample.sample_id());
          if (end_after_ > 0 && --end_after_ == 0) return ToGrpcStatus(end_why_);
        }
        response.mutable_ack()->set_committed_sequence(static_cast<int64_t>(stored_.size()));
      }
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> stored_ ABSL_GUARDED_BY(mutex_);
  int heartbeats_ ABSL_GUARDED_BY(mutex_) = 0;
  CondVar answered_;
  int answered_command_ ABSL_GUARDED_BY(mutex_) = 0;
  int end_after_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status end_why_ ABSL_GUARDED_BY(mutex_);
};

class GrpcIngestTest : public ::testing::Test {
 protected:
  GrpcIngestTest() {
    StartServer();
    options_.server = absl::StrCat("127.0.0.1:", port_);
    options_.producer_id = "ESP32_LL_01";
    options_.when_full = WhenFull::kBlock;
    options_.backoff.initial = absl::Milliseconds(1);
    options_.backoff.max = absl::Milliseconds(50);
  }
  ~GrpcIngestTest() override { StopServer(); }

  // The first start chooses the port, later ones use it again.
  void StartServer() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_), grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    port_ = port;
  }

  void StopServer() {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
    server_.reset();
  }

  static std::string Id(int number) { return absl::StrCat("S-", number); }

  static Sample SampleOf(int number) {
    Sample sample;
    sample.set_sample_id(Id(number));
    for (int i = 0; i < 64; ++i) sample.mutable_tof()->add_distance_mm(static_cast<float>(i + number));
    return sample;
  }

  static std::vector<std::string> Ids(int last) {
    std::vector<std::string> ids;
    for (int i = 1; i <= last; ++i) ids.push_back(Id(i));
    return ids;
  }

  int port_ = 0;
  ScriptedService service_;
  std::unique_ptr<grpc::Server> server_;
  ProducerOptions options_;
};

TEST_F(GrpcIngestTest, CommandsComeDownTheStreamAndAnswersGoUp) {
  std::unique_ptr<SampleProducer> producer;
  SampleProducer::Callbacks callbacks;
  callbacks.on_command = [&producer](const egi::quality::v1::DeviceCommand& command) {
    egi::quality::v1::CommandResult result;
    result.set_command_id(command.command_id());
    EXPECT_TRUE(producer->SendCommandResult(result).ok());
  };
  auto created = SampleProducer::Create(options_, std::move(callbacks));
  ASSERT_TRUE(created.ok());
  producer = std::move(*created);
  ASSERT_TRUE(producer->Send(SampleOf(1)).ok());
  ASSERT_TRUE(producer->Flush(absl::Seconds(20)).ok());
  ASSERT_TRUE(producer->SendHeartbeat({}).ok());
  EXPECT_EQ(service_.AnsweredCommand(), 1);
}

TEST_F(GrpcIngestTest, SamplesCrossWholeAndInOrder) {
  auto producer = SampleProducer::Create(options_);
  ASSERT_TRUE(producer.ok());
  for (int i = 1; i <= 1000; ++i) ASSERT_TRUE((*producer)->Send(SampleOf(i)).ok());
  ASSERT_TRUE((*producer)->Flush(absl::Seconds(20)).ok());
  ASSERT_TRUE((*producer)->SendHeartbeat({}).ok());
  ASSERT_TRUE((*producer)->Send(SampleOf(1001)).ok());
  ASSERT_TRUE((*producer)->Close(absl::Seconds(20)).ok());
  EXPECT_EQ(service_.stored(), Ids(1001));
  EXPECT_EQ(service_.heartbeats(), 1);
}

TEST_F(GrpcIngestTest, StreamEndedByTheServerIsResumedAtItsOffset) {
  auto producer = SampleProducer::Create(options_);
  ASSERT_TRUE(producer.ok());
  for (int round = 1; round <= 5; ++round) {
    service_.EndAfter(37, round % 2 == 0 ? absl::UnavailableError("draining") : absl::ResourceExhaustedError("too many items"));
    for (int i = 1; i <= 100; ++i) ASSERT_TRUE((*producer)->Send(SampleOf((round - 1) * 100 + i)).ok());
    ASSERT_TRUE((*producer)->Flush(absl::Seconds(20)).ok());
  }
  ASSERT_TRUE((*producer)->Close(absl::Seconds(20)).ok());
  EXPECT_EQ(service_.stored(), Ids(500));
  EXPECT_GE((*producer)->stats().reconnects, 5);
}

TEST_F(GrpcIngestTest, RestartOfTheServerLosesNothing) {
  auto producer = SampleProducer::Create(options_);
  ASSERT_TRUE(producer.ok());
  int sent = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) ASSERT_TRUE((*producer)->Send(SampleOf(++sent)).ok());
    StopServer();
    for (int i = 0; i < 100; ++i) ASSERT_TRUE((*producer)->Send(SampleOf(++sent)).ok());
    StartServer();
  }
  ASSERT_TRUE((*producer)->Close(absl::Seconds(30)).ok());
  EXPECT_EQ(service_.stored(), Ids(sent));
}

TEST_F(GrpcIngestTest, RetryInfoOfTheServerIsObeyed) {
  service_.EndAfter(1, Overloaded("busy", absl::Milliseconds(700)));
  std::vector<absl::Duration> delays;
  class Recorder : public Sleeper {
   public:
    explicit Recorder(std::vector<absl::Duration>* delays) : delays_(*delays) {}
    void Sleep(absl::Duration delay) override { delays_.push_back(delay); }
    void Wake() override {}
    std::vector<absl::Duration>& delays_;
  };
  options_.sleeper = std::make_shared<Recorder>(&delays);
  auto producer = SampleProducer::Create(options_);
  ASSERT_TRUE(producer.ok());
  ASSERT_TRUE((*producer)->Send(SampleOf(1)).ok());
  ASSERT_TRUE((*producer)->Close(absl::Seconds(20)).ok());
  ASSERT_FALSE(delays.empty());
  EXPECT_EQ(delays[0], absl::Milliseconds(700));
}

TEST_F(GrpcIngestTest, ServiceTheServerDoesNotHaveEndsTheProducer) {
  auto producer = MealProducer::Create(options_);
  ASSERT_TRUE(producer.ok());
  (void)(*producer)->Send({});  // Refused as soon as the news is there.
  EXPECT_EQ((*producer)->Close(absl::Seconds(20)).code(), absl::StatusCode::kUnimplemented);
}

TEST_F(GrpcIngestTest, RefusedStreamEndsTheProducerWithTheServersWords) {
  service_.EndAfter(1, InvalidFields({{"open.producer_id", "is not known here"}}));
  auto producer = SampleProducer::Create(options_);
  ASSERT_TRUE(producer.ok());
  ASSERT_TRUE((*producer)->Send(SampleOf(1)).ok());
  const absl::Status status = (*producer)->Close(absl::Seconds(20));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("open.producer_id"), absl::string_view::npos);
}

}  // namespace
}  // namespace egi::client
