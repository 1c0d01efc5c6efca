#include "simulators/host/settle.h"

#include <unistd.h>

#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/fake_clock.h"
#include "server/base/mutex.h"
#include "simulators/host/settings.h"

namespace egi::simulator_host {
namespace {

using simulation::v1::Simulator;

// What the runners of a test tell, by name.
struct Stage {
  Mutex mutex;
  std::map<std::string, Simulator> told;
};

class ToldRunner final : public Runner {
 public:
  ToldRunner(Stage* stage, std::string name) : stage_(*stage), name_(std::move(name)) {}
  void Stop() override { stopped_ = true; }
  void Describe(Simulator* simulator) const override {
    MutexLock lock(&stage_.mutex);
    const Simulator& told = stage_.told[name_];
    simulator->set_state(stopped_ ? "stopped" : told.state().empty() ? "running" : told.state());
    simulator->set_message(told.message());
    simulator->set_restarts(told.restarts());
    if (simulator->has_feeding()) *simulator->mutable_progress() = told.progress();
  }

 private:
  Stage& stage_;
  const std::string name_;
  bool stopped_ = false;
};

class SettleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string file = absl::StrCat(::testing::TempDir(), "/settle-", getpid(), "-", ::testing::UnitTest::GetInstance()->current_test_info()->name());
    unlink(file.c_str());
    auto registry = Registry::Create({.file = file,
                                      .clock = &clock_,
                                      .start = [this](const Simulator& simulator) -> absl::StatusOr<std::unique_ptr<Runner>> {
                                        return std::make_unique<ToldRunner>(&stage_, simulator.name());
                                      },
                                      .erase = [](const Simulator&) {}});
    ASSERT_TRUE(registry.ok()) << registry.status();
    registry_ = *std::move(registry);
    Simulator feeding, station;
    feeding.set_name("feeders");
    feeding.mutable_feeding();
    station.set_name("station");
    station.mutable_station();
    ASSERT_TRUE(Complete(&feeding).ok());
    ASSERT_TRUE(Complete(&station).ok());
    std::vector<std::string> begun;
    ASSERT_TRUE(registry_->Make({feeding, station}, &begun).ok());
    ASSERT_EQ(begun, (std::vector<std::string>{"feeders", "station"}));
  }

  void Tell(const std::string& name, const std::string& state, const std::string& message, int acknowledged, int rejected) {
    MutexLock lock(&stage_.mutex);
    Simulator& told = stage_.told[name];
    told.set_state(state);
    told.set_message(message);
    told.mutable_progress()->set_acknowledged(acknowledged);
    told.mutable_progress()->set_rejected(rejected);
  }

  absl::Status SettleBoth(absl::Duration patience = absl::Seconds(30)) {
    return Settle(*registry_, {"feeders", "station"}, {.patience = patience, .alive = absl::Milliseconds(100)});
  }

  FakeClock clock_{absl::FromUnixSeconds(1770109200)};
  Stage stage_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(SettleTest, AMessageThatTheServerTookIsWork) {
  Tell("feeders", "running", "", 2, 1);
  EXPECT_TRUE(SettleBoth().ok());
  EXPECT_EQ(registry_->Get("feeders")->state(), "running");
}

TEST_F(SettleTest, WhenEveryMessageIsRefusedAllAreStoppedAndTheReasonIsKept) {
  Tell("feeders", "running", "every message was refused: feeder 4 belongs to LL", 3, 3);
  const absl::Status status = SettleBoth();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(status.message(), "feeder 4 belongs to LL")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "start it again")) << status;
  EXPECT_EQ(registry_->Get("feeders")->state(), "stopped");
  EXPECT_EQ(registry_->Get("feeders")->message(), "every message was refused: feeder 4 belongs to LL");
  EXPECT_EQ(registry_->Get("feeders")->progress().rejected(), 3);
  EXPECT_EQ(registry_->Get("station")->state(), "stopped");
  EXPECT_TRUE(absl::StrContains(registry_->Get("station")->message(), "\"feeders\" failed"));
}

TEST_F(SettleTest, AFailedOneKeepsItsState) {
  Tell("feeders", "failed", "no lots", 0, 0);
  EXPECT_EQ(SettleBoth().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(registry_->Get("feeders")->state(), "failed");
  EXPECT_EQ(registry_->Get("station")->state(), "stopped");
}

TEST_F(SettleTest, AProgramThatDiesAtOnceHasFailed) {
  Tell("feeders", "running", "", 1, 0);
  Tell("station", "restarting", "ended with status 2", 0, 0);
  const absl::Status status = SettleBoth();
  EXPECT_TRUE(absl::StrContains(status.message(), "ended with status 2")) << status;
  EXPECT_EQ(registry_->Get("feeders")->state(), "stopped");
}

TEST_F(SettleTest, WhoWaitsForTheServerIsLeftToItselfAfterAWhile) {
  Tell("feeders", "running", "waiting for the server", 0, 0);
  EXPECT_TRUE(SettleBoth(absl::Milliseconds(200)).ok());
  EXPECT_EQ(registry_->Get("feeders")->state(), "running");
}

TEST_F(SettleTest, StartingAgainForgetsTheReason) {
  ASSERT_TRUE(registry_->Stop("feeders", "refused").ok());
  EXPECT_EQ(registry_->Get("feeders")->message(), "refused");
  EXPECT_TRUE(registry_->Start("feeders").ok());
  EXPECT_EQ(registry_->Get("feeders")->message(), "");
}

}  // namespace
}  // namespace egi::simulator_host
