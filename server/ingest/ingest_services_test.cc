// The services over a real gRPC server on localhost, with a sink whose commits the test completes by hand.
#include "server/ingest/ingest_services.h"

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "server/base/fake_clock.h"
#include "server/base/rich_status.h"
#include "server/validate/good_items.h"
#include "spdlog/sinks/null_sink.h"

namespace egi::ingest {
namespace {

using quality::v1::StreamSamplesRequest;
using quality::v1::StreamSamplesResponse;

// Holds groups until the test answers them.
template <typename Write>
class HeldSink : public persist::Sink<Write> {
 public:
  void Submit(std::vector<Write> group, persist::Done done) override {
    MutexLock lock(&mutex_);
    groups_.emplace_back(std::move(group), std::move(done));
    changed_.NotifyAll();
  }
  int64_t Pending() const override { return 0; }

  // Waits for a group, answers it as a database would, and returns what was written.
  std::vector<Write> CommitNext() {
    auto [group, done] = Take();
    persist::GroupOutcome outcome;
    outcome.commit_time = absl::FromUnixSeconds(1'770'000'000);
    for (const Write& write : group) {
      persist::ItemOutcome& item = outcome.items.emplace_back();
      if (write.rejection.has_value()) {
        item.fate = persist::Fate::kRejected;
        item.rejection = *write.rejection;
      }
      item.gavage_id = 11;
      item.fusion_grade = "A";
    }
    done(std::move(outcome));
    return std::move(group);
  }
  void LoseNext(const absl::Status& status) {
    auto [group, done] = Take();
    persist::GroupOutcome outcome;
    outcome.status = status;
    done(std::move(outcome));
  }

 private:
  std::pair<std::vector<Write>, persist::Done> Take() {
    MutexLock lock(&mutex_);
    while (groups_.empty()) {
      if (!changed_.WaitFor(&mutex_, std::chrono::seconds(10))) {
        ADD_FAILURE() << "nothing was submitted within 10 s";
        return {{}, [](persist::GroupOutcome) {}};
      }
    }
    auto front = std::move(groups_.front());
    groups_.pop_front();
    return front;
  }
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::pair<std::vector<Write>, persist::Done>> groups_ ABSL_GUARDED_BY(mutex_);
};

class MemoryProducers : public storage::ProducerStore {
 public:
  absl::StatusOr<storage::ProducerOffset> OpenProducer(const std::string&, const std::string&, const std::string&) override {
    return storage::ProducerOffset{1, 5};
  }
};

class IngestServicesTest : public testing::Test {
 protected:
  IngestServicesTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&sample_service_);
    builder.RegisterService(&meal_service_);
    server_ = builder.BuildAndStart();
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
    samples_ = quality::v1::SampleIngestService::NewStub(channel_);
    meals_ = feeding::v1::MealIngestService::NewStub(channel_);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }
  ~IngestServicesTest() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }
  template <typename Lane>
  StreamEnvironment Environment(Lane* lane) {
    StreamEnvironment environment;
    environment.lane = lane;
    environment.producers = &producers_;
    environment.pool = &pool_;
    environment.gate = &gate_;
    environment.clock = &clock_;
    environment.metrics = &metrics_;
    environment.log = &log_;
    return environment;
  }
  using SampleStream = grpc::ClientReaderWriter<StreamSamplesRequest, StreamSamplesResponse>;
  // An open, ephemeral stream.
  std::unique_ptr<SampleStream> OpenSamples(bool ephemeral = true) {
    auto stream = samples_->StreamSamples(&context_);
    StreamSamplesRequest request;
    request.mutable_open()->set_producer_id("station-1");
    request.mutable_open()->set_ephemeral(ephemeral);
    EXPECT_TRUE(stream->Write(request));
    StreamSamplesResponse response;
    EXPECT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.opened().committed_sequence(), ephemeral ? 0 : 5);
    return stream;
  }
  static StreamSamplesRequest Batch(int64_t first, const std::vector<quality::v1::Sample>& samples) {
    StreamSamplesRequest request;
    request.mutable_batch()->set_first_sequence(first);
    for (const auto& sample : samples) *request.mutable_batch()->add_samples() = sample;
    return request;
  }

  FakeClock clock_{validate::TestNow()};
  telemetry::Metrics metrics_;
  telemetry::Log log_{std::make_shared<spdlog::sinks::null_sink_mt>()};
  WorkerPool pool_{1, 10};
  AdmissionGate gate_{1 << 20};
  MemoryProducers producers_;
  HeldSink<persist::SampleWrite> sample_sink_;
  HeldSink<persist::MealWrite> meal_sink_;
  std::vector<std::string> heartbeats_;
  gauge::GradingGate grading_;
  analyse::AnalysisBook book_ = *analyse::AnalysisBook::BuiltIn();
  DeviceProfiles profiles_;
  std::vector<quality::v1::CommandResult> results_;
  SampleLane sample_lane_{&sample_sink_, &metrics_,
                          [this](const quality::v1::DeviceHeartbeat& beat, absl::Time) { heartbeats_.push_back(beat.device_id()); },
                          [this](const quality::v1::CommandResult& result, absl::Time) { results_.push_back(result); },
                          &grading_,
                          {{}, &book_, &profiles_}};
  MealLane meal_lane_{&meal_sink_};
  StreamHost sample_host_{Environment(&sample_lane_), 2};
  StreamHost meal_host_{Environment(&meal_lane_), 2};
  SampleIngestService sample_service_{&sample_host_, &sample_lane_};
  MealIngestService meal_service_{&meal_host_, &meal_lane_};
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<quality::v1::SampleIngestService::Stub> samples_;
  std::unique_ptr<feeding::v1::MealIngestService::Stub> meals_;
  grpc::ClientContext context_;
};

TEST_F(IngestServicesTest, SamplesAreJudgedSubmittedAndAcknowledged) {
  auto stream = OpenSamples();
  ASSERT_TRUE(stream->Write(Batch(1, {validate::GoodSample(), validate::GoodSample()})));
  const auto written = sample_sink_.CommitNext();
  ASSERT_EQ(written.size(), 2u);
  EXPECT_EQ(written[1].sequence, 2);
  EXPECT_EQ(written[0].producer.id, "station-1");
  EXPECT_EQ(written[0].received, validate::TestNow());
  EXPECT_EQ(written[0].verdict.result.final_grade(), "A");
  StreamSamplesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().committed_sequence(), 2);
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(IngestServicesTest, SampleIsMeasuredByItsProfileElseByThatOfItsDevice) {
  quality::v1::Sample named = validate::GoodSample(), silent = validate::GoodSample(), unknown = validate::GoodSample();
  silent.set_device_id("ESP32_LS_07");
  silent.set_config_profile("");
  unknown.set_device_id("ESP32_LS_08");
  unknown.set_config_profile("no_such_profile");
  named.set_device_id("ESP32_LS_07");
  named.set_config_profile(book_.default_name());
  auto stream = OpenSamples();
  ASSERT_TRUE(stream->Write(Batch(1, {silent, named, silent, unknown})));
  const auto written = sample_sink_.CommitNext();
  ASSERT_EQ(written.size(), 4u);
  EXPECT_STREQ(written[0].verdict.comparison, "unknown_profile") << "nobody has named one yet";
  EXPECT_TRUE(written[1].verdict.computed.has_value());
  EXPECT_TRUE(written[2].verdict.computed.has_value());
  EXPECT_STREQ(written[3].verdict.comparison, "unknown_profile") << "not the default one: that would be a guess";
  EXPECT_FALSE(written[3].verdict.computed.has_value());
  StreamSamplesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  stream->WritesDone();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(IngestServicesTest, SampleWithoutAnalysisNeedsAKnownProfile) {
  quality::v1::Sample raw = validate::GoodSample();
  raw.clear_tof_analysis();
  raw.clear_spectral_analysis();
  raw.clear_fusion();
  raw.set_config_profile("");
  quality::v1::Sample profiled = raw;
  profiled.set_config_profile(book_.default_name());
  auto stream = OpenSamples();
  ASSERT_TRUE(stream->Write(Batch(1, {raw, profiled})));
  const auto written = sample_sink_.CommitNext();
  ASSERT_TRUE(written[0].rejection.has_value());
  EXPECT_NE(written[0].rejection->DebugString().find("config_profile"), std::string::npos);
  EXPECT_FALSE(written[1].rejection.has_value());
  EXPECT_STREQ(written[1].verdict.comparison, "not_declared");
  EXPECT_EQ(written[1].verdict.result.final_grade(), written[1].verdict.computed->grade());
  StreamSamplesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  stream->WritesDone();
  while (stream->Read(&response)) {
  }
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(IngestServicesTest, DurableProducerResumesAtItsOffset) {
  auto stream = OpenSamples(/*ephemeral=*/false);
  ASSERT_TRUE(stream->Write(Batch(7, {validate::GoodSample()})));
  StreamSamplesResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.metadata().at("expected_sequence"), "6");
}

TEST_F(IngestServicesTest, BadSampleIsRefusedAloneAndItsNeighbourStored) {
  auto stream = OpenSamples();
  auto bad = validate::GoodSample();
  bad.mutable_tof()->mutable_distance_mm()->RemoveLast();
  ASSERT_TRUE(stream->Write(Batch(1, {bad, validate::GoodSample()})));
  const auto written = sample_sink_.CommitNext();
  EXPECT_TRUE(written[0].rejection.has_value());
  EXPECT_FALSE(written[1].rejection.has_value());
  StreamSamplesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.rejections().rejections_size(), 1);
  EXPECT_EQ(response.rejections().rejections(0).sequence(), 1);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().committed_sequence(), 2);
}

TEST_F(IngestServicesTest, StationOutOfCalibrationIsRefusedWithItsReasonAndOthersAreNot) {
  auto out = validate::GoodSample();
  grading_.Set({{out.device_id(), {"white reference check 7 failed", 1, absl::InfinitePast(), absl::InfiniteFuture()}}});
  auto never_enrolled = validate::GoodSample();
  never_enrolled.set_device_id("ESP32_MT_09");
  auto stream = OpenSamples();
  ASSERT_TRUE(stream->Write(Batch(1, {out, never_enrolled})));
  const auto written = sample_sink_.CommitNext();
  EXPECT_TRUE(written[0].rejection.has_value());
  EXPECT_FALSE(written[1].rejection.has_value());
  StreamSamplesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_EQ(response.rejections().rejections_size(), 1);
  const auto& refused = response.rejections().rejections(0).status();
  EXPECT_EQ(refused.code(), static_cast<int>(grpc::StatusCode::FAILED_PRECONDITION));
  EXPECT_NE(refused.message().find("white reference check 7 failed"), std::string::npos) << refused.message();
}

TEST_F(IngestServicesTest, SampleOfOneMebibyteIsRefusedAndTheStreamGoesOn) {
  auto stream = OpenSamples();
  auto big = validate::GoodSample();
  (*big.mutable_tof_analysis()->mutable_details()->mutable_fields())["x"].set_string_value(std::string(1 << 20, 'x'));
  ASSERT_TRUE(stream->Write(Batch(1, {big})));
  const auto written = sample_sink_.CommitNext();
  EXPECT_TRUE(written[0].rejection.has_value());
  EXPECT_EQ(written[0].sample.sample_id(), big.sample_id());
  EXPECT_FALSE(written[0].sample.has_tof());
  StreamSamplesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().committed_sequence(), 1);
}

TEST_F(IngestServicesTest, HeartbeatReachesItsListener) {
  auto stream = OpenSamples();
  StreamSamplesRequest request;
  request.mutable_heartbeat()->set_device_id("ESP32_LL_01");
  ASSERT_TRUE(stream->Write(request));
  stream->WritesDone();
  StreamSamplesResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(heartbeats_, std::vector<std::string>{"ESP32_LL_01"});
}

TEST_F(IngestServicesTest, AnswersToCommandsReachTheirListenerAndABadOneNamesEveryField) {
  auto stream = OpenSamples();
  StreamSamplesRequest request;
  request.mutable_command_result()->set_device_id("ESP32_LL_01");
  request.mutable_command_result()->set_command_id(7);
  request.mutable_command_result()->set_outcome(quality::v1::COMMAND_OUTCOME_REFUSED);
  request.mutable_command_result()->set_message(std::string(300, 'x'));
  ASSERT_TRUE(stream->Write(request));
  request.mutable_command_result()->Clear();
  ASSERT_TRUE(stream->Write(request));
  StreamSamplesResponse response;
  EXPECT_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  for (const char* field : {"command_result.device_id", "command_result.command_id", "command_result.outcome"}) {
    EXPECT_NE(status.error_message().find(field), std::string::npos) << status.error_message();
  }
  ASSERT_EQ(results_.size(), 1u);
  EXPECT_EQ(results_[0].command_id(), 7);
  EXPECT_EQ(results_[0].message().size(), 200u);
}

TEST_F(IngestServicesTest, DrainAcknowledgesThenEndsAndRefusesNewStreams) {
  auto stream = OpenSamples();
  ASSERT_TRUE(stream->Write(Batch(1, {validate::GoodSample()})));
  std::thread commit([this] { sample_sink_.CommitNext(); });
  StreamSamplesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  commit.join();
  sample_host_.Drain();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(sample_host_.WaitUntilEmpty(absl::Seconds(10)));
  grpc::ClientContext context;
  auto refused = samples_->StreamSamples(&context);
  EXPECT_EQ(refused->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(IngestServicesTest, TooManyStreamsAreToldToComeBack) {
  auto first = OpenSamples();
  grpc::ClientContext second_context, third_context;
  auto second = samples_->StreamSamples(&second_context);
  StreamSamplesRequest request;
  request.mutable_open()->set_producer_id("two");
  request.mutable_open()->set_ephemeral(true);
  ASSERT_TRUE(second->Write(request));
  StreamSamplesResponse response;
  ASSERT_TRUE(second->Read(&response));
  auto third = samples_->StreamSamples(&third_context);
  EXPECT_EQ(third->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  second_context.TryCancel();
  second->Finish();
}

TEST_F(IngestServicesTest, CancelledStreamLeavesNothingBehind) {
  auto stream = OpenSamples();
  ASSERT_TRUE(stream->Write(Batch(1, {validate::GoodSample()})));
  context_.TryCancel();
  stream->Finish();
  EXPECT_TRUE(sample_host_.WaitUntilEmpty(absl::Seconds(10)));
}

TEST_F(IngestServicesTest, UnaryCallsAnswerAfterCommit) {
  std::thread commit([this] {
    sample_sink_.CommitNext();
    meal_sink_.CommitNext();
  });
  quality::v1::SubmitSampleRequest sample;
  *sample.mutable_sample() = validate::GoodSample();
  quality::v1::SubmitSampleResponse sample_response;
  ASSERT_TRUE(samples_->SubmitSample(&context_, sample, &sample_response).ok());
  EXPECT_EQ(sample_response.status(), "saved");
  EXPECT_EQ(sample_response.sample_id(), sample.sample().sample_id());
  feeding::v1::SubmitMealRequest meal;
  *meal.mutable_meal() = validate::GoodMeal();
  feeding::v1::SubmitMealResponse meal_response;
  grpc::ClientContext context;
  ASSERT_TRUE(meals_->SubmitMeal(&context, meal, &meal_response).ok());
  EXPECT_EQ(meal_response.gavage_id(), 11);
  commit.join();
}

TEST_F(IngestServicesTest, RefusedUnarySampleNamesEveryBadField) {
  std::thread commit([this] { sample_sink_.CommitNext(); });
  quality::v1::SubmitSampleRequest request;
  request.mutable_sample()->set_sample_id("s");
  quality::v1::SubmitSampleResponse response;
  const grpc::Status status = samples_->SubmitSample(&context_, request, &response);
  commit.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(status.error_message().find("device_id"), std::string::npos);
  EXPECT_NE(status.error_message().find("spectral"), std::string::npos);
}

TEST_F(IngestServicesTest, LostDatabaseIsUnavailable) {
  std::thread commit([this] { sample_sink_.LoseNext(absl::UnavailableError("database lost")); });
  quality::v1::SubmitSampleRequest request;
  *request.mutable_sample() = validate::GoodSample();
  quality::v1::SubmitSampleResponse response;
  EXPECT_EQ(samples_->SubmitSample(&context_, request, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
  commit.join();
  EXPECT_EQ(gate_.in_use(), 0);
}

TEST_F(IngestServicesTest, MealsStreamTheSameWay) {
  auto stream = meals_->StreamMeals(&context_);
  feeding::v1::StreamMealsRequest request;
  request.mutable_open()->set_producer_id("gaveur-4");
  request.mutable_open()->set_ephemeral(true);
  request.mutable_open()->set_want_results(true);
  ASSERT_TRUE(stream->Write(request));
  feeding::v1::StreamMealsResponse response;
  ASSERT_TRUE(stream->Read(&response));
  request.mutable_batch()->set_first_sequence(1);
  *request.mutable_batch()->add_meals() = validate::GoodMeal();
  ASSERT_TRUE(stream->Write(request));
  EXPECT_EQ(meal_sink_.CommitNext().size(), 1u);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.results().results(0).gavage_id(), 11);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.ack().committed_sequence(), 1);
}

}  // namespace
}  // namespace egi::ingest
