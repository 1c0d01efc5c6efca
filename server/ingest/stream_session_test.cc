#include "server/ingest/stream_session.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/ingest.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "server/base/rich_status.h"
#include "spdlog/sinks/null_sink.h"

namespace egi::ingest {
namespace {

class FixedClock : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'700'000'000); }
};

// Records what the session asks for; the test completes each step by hand.
class ScriptedPort : public StreamPort {
 public:
  void Read() override {
    EXPECT_FALSE(finished.has_value());
    EXPECT_FALSE(reading) << "two reads at once";
    reading = true;
  }
  void Write(wire::Response response) override {
    EXPECT_FALSE(finished.has_value());
    EXPECT_FALSE(writing) << "two writes at once";
    writing = true;
    written.push_back(std::move(response));
  }
  void Finish(const absl::Status& status) override {
    EXPECT_FALSE(writing) << "Finish with a write in flight";
    EXPECT_FALSE(finished.has_value()) << "Finish twice";
    finished = status;
  }
  bool reading = false;
  bool writing = false;
  std::vector<wire::Response> written;
  std::optional<absl::Status> finished;
};

// Keeps what was submitted until the test commits it.
class HeldLane : public Lane {
 public:
  struct Group {
    persist::Producer producer;
    int64_t first;
    std::vector<std::string> items;
    persist::Done done;
  };
  const std::string& kind() const override { return kind_; }
  void Submit(const persist::Producer& producer, int64_t first, std::vector<std::string> items, absl::Time,
              persist::Done done) override {
    groups.push_back({producer, first, std::move(items), std::move(done)});
  }
  absl::StatusOr<std::string> Heartbeat(const std::string& bytes, absl::Time) override {
    heartbeats.push_back(bytes);
    if (bytes == "bad") return InvalidFields({{"heartbeat", "bad"}});
    return "device of " + bytes;
  }
  absl::Status CommandResult(const std::string& bytes, absl::Time) override {
    command_results.push_back(bytes);
    return bytes == "bad" ? InvalidFields({{"command_result", "bad"}}) : absl::OkStatus();
  }
  // Commits group `i`; items named in `rejected` (by offset) are refused.
  void Commit(size_t i, const std::vector<size_t>& rejected = {}) {
    persist::GroupOutcome outcome;
    outcome.commit_time = absl::FromUnixSeconds(1'700'000'001);
    outcome.items.resize(groups[i].items.size());
    for (size_t r : rejected) {
      outcome.items[r].fate = persist::Fate::kRejected;
      outcome.items[r].rejection = ToRpcStatus(InvalidFields({{"x", "is wrong"}}));
    }
    groups[i].done(std::move(outcome));
  }
  void Lose(size_t i, absl::Status status) {
    persist::GroupOutcome outcome;
    outcome.status = std::move(status);
    groups[i].done(std::move(outcome));
  }
  std::vector<Group> groups;
  std::vector<std::string> heartbeats;
  std::vector<std::string> command_results;

 private:
  const std::string kind_ = "sample";
};

class OneProducer : public storage::ProducerStore {
 public:
  absl::StatusOr<storage::ProducerOffset> OpenProducer(const std::string&, const std::string&, const std::string&) override {
    return answer;
  }
  absl::StatusOr<storage::ProducerOffset> answer = storage::ProducerOffset{7, 0};
};

class StreamSessionTest : public testing::Test {
 protected:
  StreamSessionTest() {
    env_.lane = &lane_;
    env_.producers = &producers_;
    env_.gate = &gate_;
    env_.clock = &clock_;
    env_.metrics = &metrics_;
    env_.log = &log_;
    env_.max_outstanding = 10;
    pool_ = std::make_unique<WorkerPool>(1, 10);
    env_.pool = pool_.get();
  }

  void StartSession() {
    session_ = std::make_shared<StreamSession>(env_, "grpc", "");
    session_->Start(&port_);
  }
  // Opens with the durable producer `durable_last`, or an ephemeral one.
  void Open(bool ephemeral = true, bool want_results = false) {
    StartSession();
    wire::Request request;
    request.mutable_open()->set_producer_id("station-1");
    request.mutable_open()->set_ephemeral(ephemeral);
    request.mutable_open()->set_want_results(want_results);
    Send(request);
    if (!ephemeral) {
      pool_.reset();  // finishes OpenProducer
      pool_ = std::make_unique<WorkerPool>(1, 10);
    }
    ASSERT_TRUE(port_.writing);
    Written();
  }
  void Send(wire::Request request) {
    ASSERT_TRUE(port_.reading) << "the session is not reading";
    port_.reading = false;
    session_->OnRead(std::move(request));
  }
  void SendBatch(int64_t first, int count) {
    wire::Request request;
    request.mutable_batch()->set_first_sequence(first);
    for (int i = 0; i < count; ++i) request.mutable_batch()->add_items("item");
    Send(std::move(request));
  }
  void HalfClose() {
    ASSERT_TRUE(port_.reading);
    port_.reading = false;
    session_->OnRead(std::nullopt);
  }
  void Written(bool ok = true) {
    ASSERT_TRUE(port_.writing);
    port_.writing = false;
    session_->OnWritten(ok);
  }
  const wire::Response& Last() { return port_.written.back(); }

  FixedClock clock_;
  telemetry::Metrics metrics_;
  telemetry::Log log_{std::make_shared<spdlog::sinks::null_sink_mt>()};
  HeldLane lane_;
  OneProducer producers_;
  AdmissionGate gate_{1000};
  StreamEnvironment env_;
  std::unique_ptr<WorkerPool> pool_;
  ScriptedPort port_;
  std::shared_ptr<StreamSession> session_;
};

TEST_F(StreamSessionTest, OpenedTellsWhereTheProducerStands) {
  producers_.answer = storage::ProducerOffset{3, 41};
  Open(/*ephemeral=*/false);
  EXPECT_EQ(Last().opened().committed_sequence(), 41);
  EXPECT_EQ(Last().opened().epoch(), 3);
  EXPECT_EQ(Last().opened().max_outstanding(), 10);
  SendBatch(42, 1);
  ASSERT_EQ(lane_.groups.size(), 1u);
  EXPECT_EQ(lane_.groups[0].producer.epoch, 3);
  EXPECT_FALSE(lane_.groups[0].producer.ephemeral);
}

TEST_F(StreamSessionTest, NothingIsReadWhileTheProducerIsOpened) {
  StartSession();
  pool_ = std::make_unique<WorkerPool>(1, 0);  // refuses every task
  env_.pool = pool_.get();
  session_ = std::make_shared<StreamSession>(env_, "grpc", "");
  port_ = ScriptedPort();
  session_->Start(&port_);
  wire::Request request;
  request.mutable_open()->set_producer_id("p");
  Send(request);
  EXPECT_FALSE(port_.reading);
  ASSERT_TRUE(port_.finished.has_value());
  EXPECT_TRUE(absl::IsResourceExhausted(*port_.finished));
}

TEST_F(StreamSessionTest, AckComesOnlyAfterCommit) {
  Open();
  SendBatch(1, 3);
  EXPECT_EQ(port_.written.size(), 1u);  // opened
  lane_.Commit(0);
  EXPECT_EQ(Last().ack().committed_sequence(), 3);
  EXPECT_EQ(Last().ack().commit_time().seconds(), 1'700'000'001);
}

TEST_F(StreamSessionTest, AcksAreCumulativeWhileAWriteIsInFlight) {
  Open();
  SendBatch(1, 2);
  SendBatch(3, 2);
  SendBatch(5, 2);
  lane_.Commit(0);
  lane_.Commit(1);
  lane_.Commit(2);
  ASSERT_EQ(port_.written.size(), 2u);
  Written();
  ASSERT_EQ(port_.written.size(), 3u);
  EXPECT_EQ(Last().ack().committed_sequence(), 6);
}

TEST_F(StreamSessionTest, GapInSequenceIsOutOfRangeAndNamesTheExpected) {
  Open();
  SendBatch(1, 2);
  SendBatch(4, 1);
  EXPECT_FALSE(port_.finished.has_value());  // what was submitted is acknowledged first
  lane_.Commit(0);
  EXPECT_EQ(Last().ack().committed_sequence(), 2);
  Written();
  ASSERT_TRUE(port_.finished.has_value());
  EXPECT_TRUE(absl::IsOutOfRange(*port_.finished));
  EXPECT_NE(port_.finished->message().find("expected 3"), absl::string_view::npos);
}

TEST_F(StreamSessionTest, CommittedSequenceIsAcknowledgedAgainNotResubmitted) {
  producers_.answer = storage::ProducerOffset{1, 20};
  Open(/*ephemeral=*/false);
  SendBatch(15, 3);
  EXPECT_TRUE(lane_.groups.empty());
  EXPECT_EQ(Last().ack().committed_sequence(), 20);
}

TEST_F(StreamSessionTest, OnlyTheNewPartOfAnOverlapIsSubmitted) {
  Open();
  SendBatch(1, 3);
  SendBatch(2, 4);
  ASSERT_EQ(lane_.groups.size(), 2u);
  EXPECT_EQ(lane_.groups[1].first, 4);
  EXPECT_EQ(lane_.groups[1].items.size(), 2u);
}

TEST_F(StreamSessionTest, RejectedItemConsumesItsSequenceAndTheStreamGoesOn) {
  Open(true, /*want_results=*/true);
  SendBatch(1, 3);
  lane_.Commit(0, {1});
  ASSERT_TRUE(Last().has_rejections());
  EXPECT_EQ(Last().rejections().rejections(0).sequence(), 2);
  EXPECT_EQ(Last().rejections().rejections(0).status().code(), 3);
  Written();
  ASSERT_TRUE(Last().has_results());
  ASSERT_EQ(Last().results().results_size(), 2);
  EXPECT_EQ(Last().results().results(1).sequence(), 3);
  Written();
  EXPECT_EQ(Last().ack().committed_sequence(), 3);
  Written();
  EXPECT_TRUE(port_.reading);
}

TEST_F(StreamSessionTest, NoReadWhileTheCreditIsUsedUp) {
  Open();
  SendBatch(1, 10);
  EXPECT_FALSE(port_.reading);
  lane_.Commit(0);
  Written();
  EXPECT_TRUE(port_.reading);
}

TEST_F(StreamSessionTest, NoReadWhileAnAckWaitsForTheClientToRead) {
  Open();
  SendBatch(1, 1);
  SendBatch(2, 1);
  SendBatch(3, 1);
  port_.reading = false;
  wire::Request request;
  request.mutable_batch()->set_first_sequence(4);
  request.mutable_batch()->add_items("item");
  lane_.Commit(0);  // write in flight
  lane_.Commit(1);  // waits behind it
  session_->OnRead(request);
  EXPECT_FALSE(port_.reading);
  Written();
  Written();
  EXPECT_TRUE(port_.reading);
}

TEST_F(StreamSessionTest, HalfClosedClientGetsEveryAckBeforeOk) {
  Open();
  SendBatch(1, 2);
  HalfClose();
  EXPECT_FALSE(port_.finished.has_value());
  lane_.Commit(0);
  EXPECT_EQ(Last().ack().committed_sequence(), 2);
  EXPECT_FALSE(port_.finished.has_value());
  Written();
  ASSERT_TRUE(port_.finished.has_value());
  EXPECT_TRUE(port_.finished->ok());
}

TEST_F(StreamSessionTest, FencedProducerIsAborted) {
  Open();
  SendBatch(1, 2);
  lane_.Lose(0, absl::AbortedError("a newer stream of the same producer took over"));
  ASSERT_TRUE(port_.finished.has_value());
  EXPECT_TRUE(absl::IsAborted(*port_.finished));
}

TEST_F(StreamSessionTest, NothingAfterALostGroupIsAcknowledged) {
  Open();
  SendBatch(1, 2);
  SendBatch(3, 2);
  lane_.Lose(0, absl::UnavailableError("database lost"));
  ASSERT_TRUE(port_.finished.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*port_.finished));
  lane_.Commit(1);
  EXPECT_EQ(port_.written.size(), 1u);
  EXPECT_EQ(gate_.in_use(), 0);
}

TEST_F(StreamSessionTest, DrainAcknowledgesWhatWasSubmittedThenSaysUnavailable) {
  Open();
  SendBatch(1, 2);
  session_->Drain();
  EXPECT_FALSE(port_.finished.has_value());
  lane_.Commit(0);
  Written();
  ASSERT_TRUE(port_.finished.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*port_.finished));
}

TEST_F(StreamSessionTest, CancelledStreamFinishesOnceEvenWhenCommitsFollow) {
  Open();
  SendBatch(1, 2);
  session_->OnCancelled();
  ASSERT_TRUE(port_.finished.has_value());
  lane_.Commit(0);
  EXPECT_EQ(port_.written.size(), 1u);
}

TEST_F(StreamSessionTest, CancelWaitsForTheWriteInFlight) {
  Open();
  SendBatch(1, 2);
  lane_.Commit(0);
  session_->OnCancelled();
  EXPECT_FALSE(port_.finished.has_value());
  Written(false);
  EXPECT_TRUE(port_.finished.has_value());
}

TEST_F(StreamSessionTest, FullGateHoldsTheStreamBackUntilBytesAreFreed) {
  ASSERT_TRUE(gate_.TryAcquire(999));
  Open();
  SendBatch(1, 1);
  EXPECT_TRUE(lane_.groups.empty());
  EXPECT_FALSE(port_.reading);
  gate_.Release(999);
  EXPECT_EQ(lane_.groups.size(), 1u);
  EXPECT_TRUE(port_.reading);
}

TEST_F(StreamSessionTest, CancelledStreamGivesItsPlaceInTheGateBack) {
  ASSERT_TRUE(gate_.TryAcquire(999));
  Open();
  SendBatch(1, 1);
  session_->OnCancelled();
  gate_.Release(999);
  EXPECT_TRUE(lane_.groups.empty());
  EXPECT_EQ(gate_.in_use(), 0);
}

TEST_F(StreamSessionTest, BadOpeningsAreInvalid) {
  const auto finish_of = [this](const wire::Request& request) {
    port_ = ScriptedPort();
    StartSession();
    Send(request);
    return port_.finished.value_or(absl::OkStatus());
  };
  wire::Request no_id, batch_first, too_long;
  no_id.mutable_open();
  batch_first.mutable_batch()->set_first_sequence(1);
  too_long.mutable_open()->set_producer_id(std::string(101, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(finish_of(no_id)));
  EXPECT_TRUE(absl::IsInvalidArgument(finish_of(batch_first)));
  EXPECT_TRUE(absl::IsInvalidArgument(finish_of(too_long)));
}

TEST_F(StreamSessionTest, SecondOpenIsInvalid) {
  Open();
  wire::Request request;
  request.mutable_open()->set_producer_id("again");
  Send(request);
  ASSERT_TRUE(port_.finished.has_value());
  EXPECT_TRUE(absl::IsInvalidArgument(*port_.finished));
}

TEST_F(StreamSessionTest, HeartbeatConsumesNoSequence) {
  Open();
  wire::Request request;
  request.set_heartbeat("beat");
  Send(request);
  EXPECT_EQ(lane_.heartbeats, std::vector<std::string>{"beat"});
  SendBatch(1, 1);
  EXPECT_EQ(lane_.groups.size(), 1u);
}

TEST_F(StreamSessionTest, AnswerToACommandConsumesNoSequence) {
  Open();
  wire::Request request;
  request.set_command_result("applied");
  Send(request);
  EXPECT_EQ(lane_.command_results, std::vector<std::string>{"applied"});
  SendBatch(1, 1);
  EXPECT_EQ(lane_.groups.size(), 1u);
}

TEST_F(StreamSessionTest, UnreadableAnswerEndsTheStream) {
  Open();
  wire::Request request;
  request.set_command_result("bad");
  Send(request);
  ASSERT_TRUE(port_.finished.has_value());
  EXPECT_TRUE(absl::IsInvalidArgument(*port_.finished));
}

TEST_F(StreamSessionTest, CommandWaitsForTheAnswerUnderWayAndComesOnce) {
  Open();
  SendBatch(1, 1);
  lane_.Commit(0);
  ASSERT_TRUE(port_.writing);
  EXPECT_TRUE(session_->SendCommand("measure faster"));
  Written();
  EXPECT_EQ(Last().command(), "measure faster");
  Written();
  EXPECT_FALSE(port_.writing);
  EXPECT_TRUE(port_.reading);
}

TEST_F(StreamSessionTest, StationThatDoesNotReadIsNotBuriedUnderCommands) {
  Open();
  int taken = 0;
  while (taken < 1000 && session_->SendCommand("x")) ++taken;
  EXPECT_EQ(taken, 101);  // the first one is being written
  Written();
  EXPECT_TRUE(session_->SendCommand("x"));
}

TEST_F(StreamSessionTest, StreamThatIsNotOpenTakesNoCommand) {
  StartSession();
  EXPECT_FALSE(session_->SendCommand("x"));
  session_->OnCancelled();
  EXPECT_FALSE(session_->SendCommand("x"));
}

TEST_F(StreamSessionTest, CommandsComeForTheProducerAndForEveryHeartbeatButNotOverASocket) {
  std::vector<std::vector<std::string>> asked;
  CommandDispatcher::Options options;
  options.clock = &clock_;
  options.open = [&](const std::vector<std::string>& ids) {
    asked.push_back(ids);
    std::sort(asked.back().begin(), asked.back().end());
    return std::vector<quality::v1::DeviceCommandRecord>();
  };
  options.sent = [](const std::vector<int32_t>&, absl::Time) {};
  CommandDispatcher dispatcher(options);
  env_.commands = &dispatcher;
  Open();
  wire::Request request;
  request.set_heartbeat("beat");
  Send(request);
  EXPECT_TRUE(dispatcher.Deliver().ok());
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0], (std::vector<std::string>{"device of beat", "station-1"}));

  CommandDispatcher sockets(options);
  env_.commands = &sockets;
  port_ = ScriptedPort();
  session_ = std::make_shared<StreamSession>(env_, "ws", "");
  session_->Start(&port_);
  wire::Request open;
  open.mutable_open()->set_producer_id("gateway");
  open.mutable_open()->set_ephemeral(true);
  Send(open);
  Written();
  Send(request);
  EXPECT_TRUE(sockets.Deliver().ok());
  EXPECT_EQ(asked.size(), 1u);
}

TEST_F(StreamSessionTest, EmptyAndOversizedBatchesAreInvalid) {
  for (int count : {0, StreamSession::kMaxBatchItems + 1}) {
    port_ = ScriptedPort();
    Open();
    SendBatch(1, count);
    ASSERT_TRUE(port_.finished.has_value());
    EXPECT_TRUE(absl::IsInvalidArgument(*port_.finished));
  }
}

TEST(IngestWireTest, IsTheWireFormOfBothPublicStreams) {
  quality::v1::StreamSamplesRequest samples;
  samples.mutable_batch()->set_first_sequence(9);
  samples.mutable_batch()->add_samples()->set_sample_id("s");
  feeding::v1::StreamMealsRequest meals;
  meals.mutable_batch()->set_first_sequence(9);
  meals.mutable_batch()->add_meals()->set_code_lot("LL0112503");
  for (const std::string& bytes : {samples.SerializeAsString(), meals.SerializeAsString()}) {
    wire::Request request;
    ASSERT_TRUE(request.ParseFromString(bytes));
    EXPECT_EQ(request.batch().first_sequence(), 9);
    EXPECT_EQ(request.batch().items_size(), 1);
    EXPECT_EQ(request.SerializeAsString(), bytes);
  }
  wire::Response response;
  response.mutable_rejections()->add_rejections()->set_sequence(4);
  quality::v1::StreamSamplesResponse sample_response;
  feeding::v1::StreamMealsResponse meal_response;
  ASSERT_TRUE(sample_response.ParseFromString(response.SerializeAsString()));
  ASSERT_TRUE(meal_response.ParseFromString(response.SerializeAsString()));
  EXPECT_EQ(sample_response.rejections().rejections(0).sequence(), 4);
  EXPECT_EQ(meal_response.rejections().rejections(0).sequence(), 4);
}

}  // namespace
}  // namespace egi::ingest
