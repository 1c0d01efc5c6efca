#include "simulators/feeding/run.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "clients/cpp/fake_ingest.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"
#include "server/base/fake_clock.h"

namespace egi::feeding_simulator {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(30);

class FeedingRunTest : public testing::Test {
 protected:
  FeedingRunTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    spool_ = absl::StrCat(getenv("TEST_TMPDIR"), "/", test->name());
    std::filesystem::remove_all(spool_);
  }

  RunOptions Options(int lots) {
    RunOptions options;
    options.simulation = {.lots = lots, .acceleration = 86400, .seed = 4};
    options.spool = spool_;
    options.codes = [this](const std::string& run) -> CodeSource {
      return [this, run](int index, const LotPlan& plan) -> absl::StatusOr<std::string> {
        if (!named_) return absl::UnavailableError("nobody listens");
        const auto [at, fresh] = codes_.emplace(absl::StrCat(run, "/", index), absl::StrFormat("%s2602%03d", plan.site, codes_.size() + 1));
        return at->second;
      };
    };
    options.connection = server_.Connect();
    options.longest_wait = absl::Milliseconds(2);
    return options;
  }

  std::unique_ptr<FeedingRun> Start(RunOptions options) {
    auto run = FeedingRun::Start(std::move(options), &clock_);
    EXPECT_TRUE(run.ok()) << run.status();
    return *std::move(run);
  }

  // Lets the wall clock go on by a tenth of a second (a tenth of a simulated day) at a time until `condition`.
  bool Until(const std::function<bool()>& condition) {
    for (const absl::Time end = absl::Now() + kDeadline; absl::Now() < end; absl::SleepFor(absl::Milliseconds(1))) {
      if (condition()) return true;
      clock_.Advance(absl::Milliseconds(100));
    }
    return condition();
  }

  std::vector<feeding::v1::Meal> Heard() const {
    std::vector<feeding::v1::Meal> meals;
    for (const std::string& bytes : server_.items()) EXPECT_TRUE(meals.emplace_back().ParseFromString(bytes));
    return meals;
  }

  // Every lot is announced and then has meals 1, 2 ... 2 * days, each once, in this order.
  void ExpectWholeLots(int lots) {
    std::map<std::string, int> last;
    std::map<std::string, bool> ready;
    for (const feeding::v1::Meal& meal : Heard()) {
      const auto [at, fresh] = last.emplace(meal.code_lot(), 0);
      if (fresh) {
        EXPECT_EQ(meal.jour(), -1) << meal.code_lot();
        continue;
      }
      EXPECT_EQ(meal.repas(), at->second + 1) << meal.code_lot();
      at->second = meal.repas();
      ready[meal.code_lot()] = meal.pret_abattage();
    }
    EXPECT_EQ(static_cast<int>(last.size()), lots);
    for (const auto& [code, meals] : last) {
      EXPECT_GE(meals, 22) << code;
      EXPECT_TRUE(ready[code]) << code;
    }
  }

  FakeClock clock_{absl::FromUnixSeconds(1'770'000'000)};
  client::FakeIngestServer server_;
  std::atomic<bool> named_ = true;
  std::map<std::string, std::string> codes_;
  std::string spool_;
};

TEST_F(FeedingRunTest, FeedsItsLotsToTheEndAndTellsSo) {
  auto run = Start(Options(3));
  ASSERT_TRUE(Until([&] { return run->WaitUntilEnded(absl::ZeroDuration()); }));
  const RunState state = run->State();
  EXPECT_EQ(state.phase, RunPhase::kFinished) << state.error;
  EXPECT_EQ(state.lots_finished, 3);
  EXPECT_EQ(state.messages.buffered_items, 0);
  EXPECT_TRUE(run->Stop(kDeadline).ok());
  ExpectWholeLots(3);
}

TEST_F(FeedingRunTest, MessagesTellWhenTheyWereSentByTheWallClock) {
  const absl::Time begin = clock_.Now();
  auto run = Start(Options(1));
  ASSERT_TRUE(Until([&] { return run->WaitUntilEnded(absl::ZeroDuration()); }));
  int64_t before = absl::ToUnixSeconds(begin);
  for (const feeding::v1::Meal& meal : Heard()) {
    EXPECT_GE(meal.sent_at().seconds(), before);
    EXPECT_LE(meal.timestamp().seconds(), meal.sent_at().seconds()) << "simulated time never runs ahead";
    before = meal.sent_at().seconds();
  }
  EXPECT_LE(before, absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(FeedingRunTest, OutageOfTenSimulatedDaysLosesNothingAndTheSpoolEmptiesInOrder) {
  auto run = Start(Options(4));
  ASSERT_TRUE(Until([&] { return run->State().messages.acked >= 8; }));
  server_.SetReachable(false);
  const int64_t kept = run->State().messages.accepted;
  const absl::Time cut = clock_.Now();
  ASSERT_TRUE(Until([&] { return clock_.Now() >= cut + absl::Seconds(10) && run->State().messages.accepted >= kept + 4 * 18; }));
  EXPECT_GE(run->State().messages.buffered_items, 4 * 18);
  EXPECT_LT(server_.items().size(), 40u) << "nothing arrives meanwhile";
  server_.SetReachable(true);
  ASSERT_TRUE(Until([&] { return run->WaitUntilEnded(absl::ZeroDuration()); }));
  EXPECT_EQ(run->State().phase, RunPhase::kFinished) << run->State().error;
  EXPECT_EQ(run->State().messages.buffered_items, 0);
  ExpectWholeLots(4);
}

TEST_F(FeedingRunTest, StoppedInAnOutageAndStartedAgainItContinues) {
  {
    auto run = Start(Options(3));
    ASSERT_TRUE(Until([&] { return run->State().messages.acked >= 8; }));
    server_.SetReachable(false);
    ASSERT_TRUE(Until([&] { return run->State().messages.accepted >= 30; }));
    EXPECT_FALSE(run->Stop(absl::Milliseconds(10)).ok()) << "messages are left in the spool";
    EXPECT_EQ(run->State().phase, RunPhase::kStopped);
    EXPECT_EQ(run->SetAcceleration(10).code(), absl::StatusCode::kFailedPrecondition);
  }
  server_.SetReachable(true);
  auto run = Start(Options(3));
  ASSERT_TRUE(Until([&] { return run->WaitUntilEnded(absl::ZeroDuration()); }));
  ExpectWholeLots(3);
  EXPECT_EQ(codes_.size(), 3u) << "no lot was made twice";
}

TEST_F(FeedingRunTest, IsPacedAndHarmedWhileItRuns) {
  auto run = Start(Options(2));
  ASSERT_TRUE(Until([&] { return run->State().lots.size() == 2 && run->State().lots[0].meals_given >= 3; }));
  ASSERT_TRUE(run->SetAcceleration(1440).ok());
  EXPECT_EQ(run->State().acceleration, 1440);
  EXPECT_EQ(run->SetAcceleration(0).code(), absl::StatusCode::kInvalidArgument);
  const auto harmed = run->Inject({.type = IncidentType::kOverdose, .duration = absl::Hours(24), .intensity = 0.5});
  ASSERT_TRUE(harmed.ok()) << harmed.status();
  EXPECT_EQ(*harmed, 2);
  EXPECT_EQ(run->State().injected, std::vector<std::string>{"overdose, all lots, 24 h, intensity 0.5"});
  EXPECT_EQ(run->Inject({.type = IncidentType::kOverdose, .lot = "7", .intensity = 0.5}).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(run->SetAcceleration(86400).ok());
  ASSERT_TRUE(Until([&] { return run->WaitUntilEnded(absl::ZeroDuration()); }));
  int overdosed = 0;
  for (const feeding::v1::Meal& meal : Heard()) overdosed += meal.dose_reelle() > 1.4 * meal.dose_theorique() && meal.jour() >= 0;
  EXPECT_EQ(overdosed, 4);
  EXPECT_EQ(run->Inject({.type = IncidentType::kOverdose, .intensity = 0.5}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(FeedingRunTest, CommandIsRefusedAfterAWhileWhenTheSpoolIsFullAndChangesNothing) {
  RunOptions options = Options(40);
  options.buffer_limit_bytes = 64 << 10;
  options.answer_within = absl::Milliseconds(20);
  auto run = Start(std::move(options));
  ASSERT_TRUE(Until([&] { return run->State().messages.acked >= 8; }));
  server_.SetReachable(false);
  int refused = 0;  // one after the other: a slow disk may make it wait too
  ASSERT_TRUE(Until([&] {
    refused = absl::IsUnavailable(run->Inject({.type = IncidentType::kDuplicate, .duration = kMealInterval / 2}).status()) ? refused + 1 : 0;
    return refused == 20;
  }));
  EXPECT_EQ(run->SetAcceleration(1440).code(), absl::StatusCode::kUnavailable);
  server_.SetReachable(true);
  ASSERT_TRUE(Until([&] { return run->WaitUntilEnded(absl::ZeroDuration()); }));
  EXPECT_EQ(run->State().phase, RunPhase::kFinished) << run->State().error;
  EXPECT_EQ(run->State().acceleration, 86400);
}

TEST_F(FeedingRunTest, CampaignFileHoldsTheFinishedLotsAlsoOfAnEarlierLife) {
  const std::string csv = spool_ + ".csv";
  const auto lines = [&csv] {
    std::ifstream file(csv);
    return std::count(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>(), '\n');
  };
  const auto options = [&] {
    RunOptions made = Options(2);
    made.export_csv = csv;
    made.simulation.continuous = true;
    return made;
  };
  {
    auto run = Start(options());
    ASSERT_TRUE(Until([&] { return run->State().lots_finished >= 3; }));
  }
  const auto before = lines();
  EXPECT_GE(before, 2) << "a header and the lots of at most 27 meals";
  std::filesystem::remove(csv);
  auto run = Start(options());
  ASSERT_TRUE(Until([&] { return lines() > 0; }));
  EXPECT_GE(lines(), before);
}

TEST_F(FeedingRunTest, ServerThatIsAwayAtTheStartIsWaitedFor) {
  named_ = false;
  auto run = Start(Options(2));
  ASSERT_TRUE(Until([&] { return !run->State().error.ok(); }));
  EXPECT_EQ(run->State().phase, RunPhase::kStarting);
  EXPECT_EQ(run->Inject({.type = IncidentType::kDuplicate}).status().code(), absl::StatusCode::kFailedPrecondition);
  named_ = true;
  ASSERT_TRUE(Until([&] { return run->WaitUntilEnded(absl::ZeroDuration()); }));
  EXPECT_EQ(run->State().phase, RunPhase::kFinished);
  ExpectWholeLots(2);
}

TEST_F(FeedingRunTest, SpoolOfAnotherSimulationIsRefusedAtOnce) {
  {
    auto run = Start(Options(1));
    ASSERT_TRUE(Until([&] { return run->State().messages.acked >= 3; }));
  }
  RunOptions other = Options(1);
  other.simulation.seed = 5;
  EXPECT_EQ(FeedingRun::Start(std::move(other), &clock_).status().code(), absl::StatusCode::kInvalidArgument);
  RunOptions bad = Options(0);
  EXPECT_EQ(FeedingRun::Start(std::move(bad), &clock_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(FeedingRunTest, AnotherProgramUnderTheSameNameEndsIt) {
  auto run = Start(Options(1));
  ASSERT_TRUE(Until([&] { return run->State().messages.acked >= 3; }));
  server_.Break(absl::AbortedError("fenced"));
  ASSERT_TRUE(Until([&] { return run->WaitUntilEnded(absl::ZeroDuration()); }));
  EXPECT_EQ(run->State().phase, RunPhase::kFailed);
  EXPECT_EQ(run->State().error.code(), absl::StatusCode::kAborted) << run->State().error;
}

}  // namespace
}  // namespace egi::feeding_simulator
