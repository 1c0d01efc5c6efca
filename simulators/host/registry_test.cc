#include "simulators/host/registry.h"

#include <unistd.h>

#include <fstream>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/fake_clock.h"
#include "server/base/mutex.h"
#include "simulators/host/settings.h"

namespace egi::simulator_host {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using simulation::v1::Simulator;

// What happened to the simulators of a test, by name; runners outlive no test.
struct Stage {
  Mutex mutex;  // runners are stopped side by side
  CondVar changed;
  std::multiset<std::string> started, stopped, erased;
  std::map<std::string, std::string> state;  // told instead of running
  std::map<std::string, int> waiting;
  std::map<std::string, double> acceleration;
  std::vector<std::string> incidents;
  std::string refuses;  // to start
  bool injecting_waits = false;  // until the runner is stopped
  bool injecting = false;
  std::string stopping_waits;  // name of one that ends only when this is cleared
  bool stopping = false;       // it was asked to
  bool spools_are_locked = false;  // by the runners that live
  std::map<std::string, int> living;  // runners that nobody has destroyed
};

class StagedRunner final : public Runner {
 public:
  StagedRunner(Stage* stage, std::string name) : stage_(*stage), name_(std::move(name)) {
    MutexLock lock(&stage_.mutex);
    ++stage_.living[name_];
  }
  ~StagedRunner() override {
    MutexLock lock(&stage_.mutex);
    --stage_.living[name_];
  }
  void Stop() override {
    MutexLock lock(&stage_.mutex);
    if (!std::exchange(stopped_, true)) stage_.stopped.insert(name_);
    if (stage_.stopping_waits == name_) stage_.stopping = true;
    stage_.changed.NotifyAll();
    while (stage_.stopping_waits == name_) stage_.changed.Wait(&stage_.mutex);
  }
  void Describe(Simulator* simulator) const override {
    const auto state = stage_.state.find(name_);
    simulator->set_state(state == stage_.state.end() ? "running" : state->second);
    if (simulator->has_feeding()) simulator->mutable_progress()->set_waiting(stage_.waiting[name_]);
  }
  absl::Status SetAcceleration(double acceleration) override {
    stage_.acceleration[name_] = acceleration;
    return absl::OkStatus();
  }
  absl::Status Inject(const feeding_simulator::Incident& incident) override {
    if (stage_.injecting_waits) {
      MutexLock lock(&stage_.mutex);
      stage_.injecting = true;
      stage_.changed.NotifyAll();
      while (!stopped_) stage_.changed.Wait(&stage_.mutex);
      return absl::FailedPreconditionError("ended");
    }
    stage_.incidents.push_back(incident.Describe());
    return absl::OkStatus();
  }

 private:
  Stage& stage_;
  const std::string name_;
  bool stopped_ = false;
};

class RegistryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    file_ = absl::StrCat(::testing::TempDir(), "/registry-", getpid(), "-", ::testing::UnitTest::GetInstance()->current_test_info()->name());
    unlink(file_.c_str());
    Open();
  }

  void Open() {
    registry_.reset();
    auto registry = Registry::Create({.file = file_,
                                      .clock = &clock_,
                                      .start = [this](const Simulator& simulator) -> absl::StatusOr<std::unique_ptr<Runner>> {
                                        if (simulator.name() == stage_.refuses) return absl::PermissionDeniedError("no room for a spool");
                                        if (stage_.spools_are_locked && stage_.living[simulator.name()] > 0) return absl::FailedPreconditionError("in use");
                                        stage_.started.insert(simulator.name());
                                        return std::make_unique<StagedRunner>(&stage_, simulator.name());
                                      },
                                      .erase = [this](const Simulator& simulator) { stage_.erased.insert(simulator.name()); }});
    ASSERT_TRUE(registry.ok()) << registry.status();
    registry_ = *std::move(registry);
  }

  static Simulator Of(const std::string& name, const std::string& kind, const std::string& scenario = "") {
    Simulator simulator;
    simulator.set_name(name);
    simulator.set_scenario(scenario);
    if (kind == "feeding") simulator.mutable_feeding();
    if (kind == "station") simulator.mutable_station()->set_device(absl::StrCat("ESP32_", name));
    if (kind == "monitor") simulator.mutable_monitor();
    EXPECT_TRUE(Complete(&simulator).ok());
    return simulator;
  }

  std::string StateOf(const std::string& name) { return registry_->Get(name)->state(); }

  FakeClock clock_{absl::FromUnixSeconds(1770109200)};
  Stage stage_;
  std::string file_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(RegistryTest, WhatRanRunsAgainAfterARestartAndWhatWasStoppedDoesNot) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding"), Of("b", "station"), Of("c", "monitor")}).ok());
  ASSERT_TRUE(registry_->Stop("b").ok());
  Open();
  EXPECT_THAT(stage_.started, UnorderedElementsAre("a", "b", "c", "a", "c"));
  EXPECT_EQ(StateOf("a"), "running");
  EXPECT_EQ(StateOf("b"), "stopped");
  EXPECT_EQ(registry_->Get("a")->created_at().seconds(), 1770109200);
}

TEST_F(RegistryTest, SameAgainChangesNothingAndOtherSettingsAreRefused) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding")}).ok());
  ASSERT_TRUE(registry_->SetSpeed("a", 86400, 0).ok());
  ASSERT_TRUE(registry_->Make({Of("a", "feeding")}).ok()) << "another pace is no other simulator";
  EXPECT_EQ(stage_.started.size(), 1u);
  Simulator other = Of("a", "feeding");
  other.mutable_feeding()->set_seed(9);
  EXPECT_EQ(registry_->Make({other}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(registry_->Make({Of("a", "monitor")}).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(RegistryTest, TwoSimulatorsAreNotOneStation) {
  ASSERT_TRUE(registry_->Make({Of("a", "station")}).ok());
  Simulator twin = Of("b", "station");
  twin.mutable_station()->set_device("ESP32_a");
  EXPECT_EQ(registry_->Make({twin}).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(RegistryTest, OneRequestDoesNotMakeOneStationTwiceNorOneNameTwice) {
  Simulator twin = Of("b", "station");
  twin.mutable_station()->set_device("ESP32_a");
  EXPECT_EQ(registry_->Make({Of("a", "station"), twin}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(registry_->Make({Of("a", "feeding"), Of("a", "feeding")}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(registry_->empty());
  EXPECT_TRUE(stage_.started.empty());
}

TEST_F(RegistryTest, EndedSimulatorKeepsItsFolderWhenALaterOneIsRefused) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding"), Of("b", "feeding")}).ok());
  stage_.state["a"] = "finished";
  Simulator other = Of("b", "feeding");
  other.mutable_feeding()->set_seed(9);
  EXPECT_EQ(registry_->Make({Of("a", "feeding"), other}).status().code(), absl::StatusCode::kAlreadyExists);
  stage_.refuses = "c";
  EXPECT_EQ(registry_->Make({Of("a", "feeding"), Of("c", "feeding")}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(stage_.erased.empty());
  EXPECT_TRUE(stage_.stopped.empty());
}

TEST_F(RegistryTest, StoppingWaitsForNoOtherChange) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding")}).ok());
  stage_.injecting_waits = true;
  std::thread injecting([&] {
    simulation::v1::Incident incident;
    incident.set_type("duplicate");
    EXPECT_EQ(registry_->Inject("a", incident).status().code(), absl::StatusCode::kFailedPrecondition);
  });
  {
    MutexLock lock(&stage_.mutex);
    while (!stage_.injecting) stage_.changed.Wait(&stage_.mutex);
  }
  EXPECT_EQ(registry_->Stop("a")->state(), "stopped");
  injecting.join();
}

TEST_F(RegistryTest, AllOrNoneAreMade) {
  stage_.refuses = "b";
  EXPECT_EQ(registry_->Make({Of("a", "feeding"), Of("b", "feeding")}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(registry_->empty());
  EXPECT_THAT(stage_.stopped, ElementsAre("a"));
}

TEST_F(RegistryTest, FinishedFeedingBeginsAnewOnceItsMessagesAreSent) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding")}).ok());
  clock_.Advance(absl::Hours(1));
  stage_.state["a"] = "finished";
  stage_.waiting["a"] = 3;
  EXPECT_EQ(registry_->Make({Of("a", "feeding")}).status().code(), absl::StatusCode::kFailedPrecondition);
  stage_.waiting["a"] = 0;
  const auto made = registry_->Make({Of("a", "feeding")});
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(stage_.erased, ElementsAre("a"));
  EXPECT_EQ(made->front().created_at().seconds(), 1770109200 + 3600);
}

TEST_F(RegistryTest, StopKeepsWhatIsKnownAndStartGoesOn) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding")}).ok());
  stage_.waiting["a"] = 12;
  EXPECT_EQ(registry_->Stop("a")->progress().waiting(), 12);
  EXPECT_TRUE(registry_->Stop("a").ok()) << "again";
  EXPECT_THAT(stage_.stopped, ElementsAre("a"));
  EXPECT_EQ(registry_->Start("a")->state(), "running");
  EXPECT_TRUE(registry_->Start("a").ok()) << "again";
  EXPECT_EQ(stage_.started.count("a"), 2u);
  EXPECT_TRUE(stage_.erased.empty());
}

TEST_F(RegistryTest, DeletingUnsentMessagesNeedsForce) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding")}).ok());
  stage_.waiting["a"] = 1;
  EXPECT_EQ(registry_->Delete("a", false).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(StateOf("a"), "stopped");
  ASSERT_TRUE(registry_->Delete("a", true).ok());
  EXPECT_THAT(stage_.erased, ElementsAre("a"));
  EXPECT_EQ(registry_->Get("a").status().code(), absl::StatusCode::kNotFound);
  Open();
  EXPECT_TRUE(registry_->empty());
}

TEST_F(RegistryTest, PaceOfRunningFeedingChangesAtOnceThatOfAStationByARestart) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding"), Of("b", "station"), Of("c", "monitor")}).ok());
  EXPECT_EQ(registry_->SetSpeed("a", 60, 0)->feeding().acceleration(), 60);
  EXPECT_EQ(stage_.acceleration["a"], 60);
  EXPECT_EQ(registry_->SetSpeed("b", 0, 20)->station().rate(), 20);
  EXPECT_EQ(stage_.started.count("b"), 2u);
  EXPECT_EQ(registry_->SetSpeed("a", 0, 5).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(registry_->SetSpeed("b", 0, 501).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(registry_->SetSpeed("c", 5, 0).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(registry_->SetSpeed("d", 5, 0).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, WhileAStationRestartsOthersAreChanged) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding"), Of("b", "station")}).ok());
  stage_.stopping_waits = "b";
  std::thread pacing([&] { EXPECT_EQ(registry_->SetSpeed("b", 0, 20)->station().rate(), 20); });
  {
    MutexLock lock(&stage_.mutex);
    while (!stage_.stopping) stage_.changed.Wait(&stage_.mutex);
  }
  EXPECT_EQ(registry_->SetSpeed("a", 60, 0)->feeding().acceleration(), 60);
  {
    MutexLock lock(&stage_.mutex);
    stage_.stopping_waits.clear();
    stage_.changed.NotifyAll();
  }
  pacing.join();
  EXPECT_EQ(stage_.started.count("b"), 2u);
}

TEST_F(RegistryTest, TheOldRunnerIsGoneBeforeTheNextOneTakesItsSpool) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding"), Of("b", "station")}).ok());
  stage_.state["a"] = "failed";
  stage_.spools_are_locked = true;
  EXPECT_TRUE(registry_->Start("a").ok());
  EXPECT_TRUE(registry_->SetSpeed("b", 0, 20).ok());
  EXPECT_EQ(stage_.started.count("b"), 2u);
}

TEST_F(RegistryTest, ARefusedPaceRestartsNothing) {
  ASSERT_TRUE(registry_->Make({Of("b", "station")}).ok());
  EXPECT_EQ(registry_->SetSpeed("b", 0, 501).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(stage_.stopped.empty());
}

TEST_F(RegistryTest, IncidentsReachRunningSimulatorsOnly) {
  simulation::v1::Incident incident;
  incident.set_type("heat_wave");
  incident.set_site("LS");
  incident.set_duration("24h");
  ASSERT_TRUE(registry_->Make({Of("a", "feeding")}).ok());
  ASSERT_TRUE(registry_->Inject("a", incident).ok());
  EXPECT_THAT(stage_.incidents, ElementsAre("heat_wave, site LS, 24 h, intensity 1"));
  registry_->Stop("a").IgnoreError();
  EXPECT_EQ(registry_->Inject("a", incident).status().code(), absl::StatusCode::kFailedPrecondition);
  incident.set_type("flood");
  EXPECT_EQ(registry_->Inject("a", incident).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RegistryTest, ScenarioStopsAsAWhole) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding", "demo"), Of("b", "monitor", "demo"), Of("c", "monitor")}).ok());
  EXPECT_EQ(registry_->StopScenario("demo")->size(), 2u);
  EXPECT_EQ(StateOf("a"), "stopped");
  EXPECT_EQ(StateOf("c"), "running");
  EXPECT_EQ(registry_->StopScenario("disease").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, OneThatCannotStartAfterARestartSaysWhy) {
  ASSERT_TRUE(registry_->Make({Of("a", "feeding")}).ok());
  stage_.refuses = "a";
  Open();
  EXPECT_EQ(StateOf("a"), "failed");
  EXPECT_EQ(registry_->Get("a")->message(), "no room for a spool");
  stage_.refuses = "";
  EXPECT_EQ(registry_->Start("a")->state(), "running");
}

TEST_F(RegistryTest, UnreadableFileIsToldByName) {
  registry_.reset();
  std::ofstream(file_) << "{";
  const auto registry = Registry::Create({.file = file_, .clock = &clock_, .start = nullptr, .erase = nullptr});
  EXPECT_EQ(registry.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(registry.status().message().find(file_), absl::string_view::npos);
}

}  // namespace
}  // namespace egi::simulator_host
