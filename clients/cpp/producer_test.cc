// The state machine of producers, against a server in memory: what each end of a stream leads to.
#include "clients/cpp/producer.h"

#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <utility>

#include "clients/cpp/fake_ingest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::client {
namespace {

using ::testing::HasSubstr;
using egi::feeding::v1::Meal;

constexpr absl::Duration kSoon = absl::Seconds(10);

// Does not wait; remembers the delays.
class CountingSleeper : public Sleeper {
 public:
  void Sleep(absl::Duration delay) override {
    MutexLock lock(&mutex_);
    delays_.push_back(delay);
    changed_.NotifyAll();
    // An attempt against an unreachable server must not spin.
    if (!awake_) changed_.WaitFor(&mutex_, std::chrono::milliseconds(1));
  }
  void Wake() override {
    MutexLock lock(&mutex_);
    awake_ = true;
    changed_.NotifyAll();
  }
  std::vector<absl::Duration> WaitForDelays(size_t count) {
    MutexLock lock(&mutex_);
    while (delays_.size() < count) changed_.WaitFor(&mutex_, std::chrono::seconds(10));
    return delays_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<absl::Duration> delays_ ABSL_GUARDED_BY(mutex_);
  bool awake_ ABSL_GUARDED_BY(mutex_) = false;
};

class ProducerTest : public ::testing::Test {
 protected:
  ProducerTest() {
    std::string pattern = ::testing::TempDir() + "/spool.XXXXXX";
    dir_ = mkdtemp(pattern.data());
    options_.producer_id = "feeder-1";
    options_.when_full = WhenFull::kBlock;
    options_.random = [] { return 1.0; };
    options_.sleeper = sleeper_;
  }
  ~ProducerTest() override { std::filesystem::remove_all(dir_); }

  std::unique_ptr<MealProducer> Make(MealProducer::Callbacks callbacks = {}) {
    auto producer = MealProducer::Create(options_, std::move(callbacks), server_.Connect());
    EXPECT_TRUE(producer.ok()) << producer.status();
    return producer.ok() ? std::move(*producer) : nullptr;
  }

  static Meal MealOf(int number) {
    Meal meal;
    meal.set_code_lot("LL4801665");
    meal.set_repas(number);
    return meal;
  }

  // Numbers of the stored meals.
  std::vector<int> Stored() const {
    std::vector<int> numbers;
    for (const std::string& item : server_.items()) {
      Meal meal;
      meal.ParseFromString(item);
      numbers.push_back(meal.repas());
    }
    return numbers;
  }

  static std::vector<int> UpTo(int last, int first = 1) {
    std::vector<int> numbers;
    for (int i = first; i <= last; ++i) numbers.push_back(i);
    return numbers;
  }

  std::string dir_;
  FakeIngestServer server_;
  std::shared_ptr<CountingSleeper> sleeper_ = std::make_shared<CountingSleeper>();
  ProducerOptions options_;
};

TEST_F(ProducerTest, ItemsArriveInOrderAndFlushWaitsForTheirAcknowledgement) {
  auto producer = Make();
  for (int i = 1; i <= 500; ++i) ASSERT_EQ(*producer->Send(MealOf(i)), i);
  ASSERT_TRUE(producer->Close(kSoon).ok());
  EXPECT_EQ(Stored(), UpTo(500));
  EXPECT_EQ(producer->stats().acked, 500);
  EXPECT_EQ(producer->stats().state, ProducerState::kClosed);
}

TEST_F(ProducerTest, EveryOmittedOptionIsNamed) {
  options_.producer_id.clear();
  options_.when_full.reset();
  options_.window = 0;
  const auto producer = MealProducer::Create(options_, {}, nullptr);
  ASSERT_EQ(producer.status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* field : {"server", "producer_id", "when_full", "window"}) {
    EXPECT_THAT(std::string(producer.status().message()), HasSubstr(field));
  }
}

TEST_F(ProducerTest, EveryBreakOfTheStreamIsResumedWithoutLossOrRepeat) {
  auto producer = Make();
  for (int i = 1; i <= 2000; ++i) {
    ASSERT_TRUE(producer->Send(MealOf(i)).ok());
    if (i % 100 == 0) server_.Break(i % 200 == 0 ? absl::UnavailableError("draining") : absl::InternalError("connection reset"));
  }
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  EXPECT_EQ(Stored(), UpTo(2000));
}

TEST_F(ProducerTest, ItemsSentWhileTheServerIsAwayArriveWhenItReturns) {
  server_.SetReachable(false);
  auto producer = Make();
  for (int i = 1; i <= 10; ++i) ASSERT_TRUE(producer->Send(MealOf(i)).ok());
  const std::vector<absl::Duration> delays = sleeper_->WaitForDelays(9);
  EXPECT_EQ(delays[0], absl::Milliseconds(100));
  EXPECT_EQ(delays[1], absl::Milliseconds(200));
  EXPECT_EQ(delays[8], absl::Seconds(15)) << "the longest delay";
  const absl::Status late = producer->Flush(absl::Milliseconds(5));
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(late.message()), HasSubstr("10 items"));
  server_.SetReachable(true);
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  EXPECT_EQ(Stored(), UpTo(10));
}

TEST_F(ProducerTest, FencedProducerStopsAndSaysWhy) {
  auto first = Make();
  ASSERT_TRUE(first->Send(MealOf(1)).ok());
  ASSERT_TRUE(first->Flush(kSoon).ok());
  auto second = Make();
  ASSERT_TRUE(second->Send(MealOf(2)).ok());
  ASSERT_TRUE(second->Flush(kSoon).ok());
  // Send may still be accepted while the news travels; Flush then tells.
  absl::Status status = first->Send(MealOf(3)).status();
  if (status.ok()) status = first->Flush(kSoon);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("feeder-1"));
  EXPECT_EQ(first->Send(MealOf(4)).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Stored(), UpTo(2));
}

TEST_F(ProducerTest, RejectedItemIsDeliveredAndTheStreamGoesOn) {
  server_.SetVerdict([](const std::string& item) {
    Meal meal;
    meal.ParseFromString(item);
    return meal.repas() == 2 ? absl::InvalidArgumentError("dose_reelle is missing") : absl::OkStatus();
  });
  std::vector<std::pair<int64_t, int>> rejected;
  absl::Status why;
  MealProducer::Callbacks callbacks;
  callbacks.on_rejected = [&](int64_t index, const Meal& meal, const absl::Status& status) {
    rejected.emplace_back(index, meal.repas());
    why = status;
  };
  auto producer = Make(std::move(callbacks));
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(producer->Send(MealOf(i)).ok());
  ASSERT_TRUE(producer->Close(kSoon).ok());
  EXPECT_EQ(rejected, (std::vector<std::pair<int64_t, int>>{{2, 2}}));
  EXPECT_EQ(why.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(producer->stats().rejected, 1);
  EXPECT_EQ(producer->stats().acked, 3);
  EXPECT_EQ(Stored(), (std::vector<int>{1, 3}));
}

TEST_F(ProducerTest, ResultsNameTheIndexGivenBySend) {
  server_.SetCommitted("feeder-1", 40);
  options_.want_results = true;
  std::vector<int64_t> indexes;
  MealProducer::Callbacks callbacks;
  callbacks.on_result = [&](int64_t index, const egi::ingest::v1::ItemResult& result) {
    EXPECT_EQ(result.sequence(), 40 + index);
    indexes.push_back(index);
  };
  auto producer = Make(std::move(callbacks));
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(producer->Send(MealOf(i)).ok());
  ASSERT_TRUE(producer->Close(kSoon).ok());
  EXPECT_EQ(indexes, (std::vector<int64_t>{1, 2, 3}));
}

TEST_F(ProducerTest, RefuseNewestAnswersResourceExhaustedAndKeepsTheRest) {
  server_.SetReachable(false);
  options_.when_full = WhenFull::kRefuseNewest;
  options_.buffer_limit_bytes = 64 << 10;
  options_.spool_dir = dir_ + "/full";
  auto producer = Make();
  int accepted = 0;
  absl::Status status;
  while (status.ok()) {
    status = producer->Send(MealOf(accepted + 1)).status();
    if (status.ok()) ++accepted;
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_LE(producer->stats().buffered_bytes, 64 << 10);
  server_.SetReachable(true);
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  EXPECT_EQ(Stored(), UpTo(accepted));
  EXPECT_TRUE(producer->Send(MealOf(accepted + 1)).ok()) << "the acknowledged items gave their room back";
}

TEST_F(ProducerTest, BlockWaitsForRoomAndLosesNothing) {
  options_.buffer_limit_bytes = 64 << 10;
  options_.spool_dir = dir_ + "/block";
  auto producer = Make();
  for (int i = 1; i <= 10'000; ++i) ASSERT_TRUE(producer->Send(MealOf(i)).ok());
  ASSERT_TRUE(producer->Close(kSoon).ok());
  EXPECT_EQ(Stored(), UpTo(10'000));
}

TEST_F(ProducerTest, SpooledItemsOfAnEndedProcessAreSentByTheNext) {
  options_.spool_dir = dir_ + "/next";
  server_.SetReachable(false);
  {
    auto producer = Make();
    for (int i = 1; i <= 50; ++i) ASSERT_TRUE(producer->Send(MealOf(i)).ok());
  }
  server_.SetReachable(true);
  auto producer = Make();
  ASSERT_EQ(*producer->Send(MealOf(51)), 51);
  ASSERT_TRUE(producer->Close(kSoon).ok());
  EXPECT_EQ(Stored(), UpTo(51));
}

TEST_F(ProducerTest, NewSpoolOfAKnownProducerContinuesAtTheServersSequence) {
  server_.SetCommitted("feeder-1", 1000);
  options_.spool_dir = dir_ + "/known";
  auto producer = Make();
  ASSERT_TRUE(producer->Send(MealOf(1)).ok());
  ASSERT_TRUE(producer->Close(kSoon).ok());
  EXPECT_EQ(Stored(), UpTo(1));
  EXPECT_EQ(server_.committed("feeder-1"), 1001);
}

TEST_F(ProducerTest, ServerThatLostAcknowledgedItemsIsDataLoss) {
  auto producer = Make();
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(producer->Send(MealOf(i)).ok());
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  server_.SetCommitted("feeder-1", 3);
  server_.Break(absl::UnavailableError("restored from a backup"));
  absl::Status status = producer->Send(MealOf(6)).status();
  if (status.ok()) status = producer->Flush(kSoon);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("up to sequence 3"));
}

TEST_F(ProducerTest, AcknowledgedItemsStillInTheSpoolAreSentAgainToAServerThatLostThem) {
  options_.spool_dir = dir_ + "/again";
  auto producer = Make();
  for (int i = 1; i <= 5; ++i) ASSERT_TRUE(producer->Send(MealOf(i)).ok());
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  server_.SetCommitted("feeder-1", 3);
  server_.Break(absl::UnavailableError("restored from a backup"));
  ASSERT_TRUE(server_.WaitForItems(7));
  EXPECT_EQ(Stored(), (std::vector<int>{1, 2, 3, 4, 5, 4, 5}));
  ASSERT_TRUE(producer->Close(kSoon).ok());
}

TEST_F(ProducerTest, SequenceUsedByAnotherProgramIsRefused) {
  options_.spool_dir = dir_ + "/other";
  auto producer = Make();
  ASSERT_TRUE(producer->Send(MealOf(1)).ok());
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  server_.SetCommitted("feeder-1", 7);
  server_.Break(absl::UnavailableError("restart"));
  absl::Status status = producer->Send(MealOf(2)).status();
  if (status.ok()) status = producer->Flush(kSoon);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
}

TEST_F(ProducerTest, OutOfRangeIsMendedByResumingButNotForEver) {
  auto producer = Make();
  ASSERT_TRUE(producer->Send(MealOf(1)).ok());
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  server_.Break(absl::OutOfRangeError("expected 2"));
  ASSERT_TRUE(producer->Send(MealOf(2)).ok());
  ASSERT_TRUE(producer->Flush(kSoon).ok()) << "one refusal is mended";
  server_.SetStalled(true);  // No acknowledgement ends the row of refusals.
  ASSERT_TRUE(producer->Send(MealOf(3)).ok());
  for (int opened = server_.streams_opened(); producer->stats().state != ProducerState::kFailed;) {
    server_.Break(absl::OutOfRangeError("expected 9"));
    ASSERT_LE(server_.streams_opened(), opened + 4);
  }
  EXPECT_EQ(producer->Flush(kSoon).code(), absl::StatusCode::kOutOfRange);
}

TEST_F(ProducerTest, EphemeralStreamResendsFromItsOwnFirstUnacknowledgedItem) {
  options_.ephemeral = true;
  auto producer = Make();
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(producer->Send(MealOf(i)).ok());
    if (i % 5 == 0) {
      ASSERT_TRUE(producer->Flush(kSoon).ok());
      server_.Break(absl::UnavailableError("restart"));
    }
  }
  ASSERT_TRUE(producer->Close(kSoon).ok());
  EXPECT_EQ(Stored(), UpTo(20));
  EXPECT_EQ(server_.committed("feeder-1"), 0);
}

TEST_F(ProducerTest, CommandReachesTheProgramAndItsAnswerTheServer) {
  using egi::quality::v1::CommandResult;
  using egi::quality::v1::DeviceCommand;
  std::unique_ptr<SampleProducer> producer;
  Mutex mutex;
  CondVar arrived;
  std::vector<DeviceCommand> commands;
  SampleProducer::Callbacks callbacks;
  callbacks.on_command = [&](const DeviceCommand& command) {
    MutexLock lock(&mutex);
    commands.push_back(command);
    arrived.NotifyAll();
  };
  auto created = SampleProducer::Create(options_, std::move(callbacks), server_.Connect());
  ASSERT_TRUE(created.ok()) << created.status();
  producer = std::move(*created);
  ASSERT_TRUE(producer->Send(egi::quality::v1::Sample()).ok());  // the stream is open once it is acknowledged
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  DeviceCommand command;
  command.set_command_id(7);
  command.mutable_grading()->set_allowed(true);
  EXPECT_EQ(server_.SendCommand("not a command \xff"), 1);  // dropped, the stream lives
  EXPECT_EQ(server_.SendCommand(command.SerializeAsString()), 1);
  {
    MutexLock lock(&mutex);
    while (commands.empty()) arrived.WaitFor(&mutex, std::chrono::seconds(10));
    EXPECT_EQ(commands.front().command_id(), 7);
    EXPECT_TRUE(commands.front().grading().allowed());
  }
  CommandResult result;
  result.set_command_id(7);
  result.set_outcome(egi::quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_TRUE(producer->SendCommandResult(result).ok());
  ASSERT_TRUE(server_.WaitForCommandResults(1));
  EXPECT_EQ(server_.command_results().front(), result.SerializeAsString());
  EXPECT_EQ(server_.items().size(), 1u);  // an answer consumes no sequence
}

TEST_F(ProducerTest, AnswerToACommandIsNotKeptWhileDisconnected) {
  server_.SetReachable(false);
  auto producer = SampleProducer::Create(options_, {}, server_.Connect());
  ASSERT_TRUE(producer.ok());
  EXPECT_EQ((*producer)->SendCommandResult({}).code(), absl::StatusCode::kUnavailable);
}

TEST_F(ProducerTest, CloseOfAnUnreachableProducerReturnsAtItsDeadline) {
  server_.SetReachable(false);
  auto producer = Make();
  ASSERT_TRUE(producer->Send(MealOf(1)).ok());
  EXPECT_EQ(producer->Close(absl::Milliseconds(10)).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(producer->Send(MealOf(2)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ProducerTest, CallbacksOfStatesTellTheWayOfTheStream) {
  std::vector<ProducerState> states;
  MealProducer::Callbacks callbacks;
  callbacks.on_state = [&](ProducerState state, const absl::Status&) { states.push_back(state); };
  auto producer = Make(std::move(callbacks));
  ASSERT_TRUE(producer->Send(MealOf(1)).ok());
  ASSERT_TRUE(producer->Flush(kSoon).ok());
  server_.Break(absl::UnavailableError("restart"));
  ASSERT_TRUE(producer->Send(MealOf(2)).ok());
  ASSERT_TRUE(producer->Close(kSoon).ok());
  EXPECT_EQ(states, (std::vector<ProducerState>{ProducerState::kConnecting, ProducerState::kStreaming, ProducerState::kWaiting,
                                                ProducerState::kConnecting, ProducerState::kStreaming, ProducerState::kClosed}));
}

}  // namespace
}  // namespace egi::client
