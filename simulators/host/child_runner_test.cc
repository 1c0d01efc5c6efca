#include "simulators/host/child_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace egi::simulator_host {
namespace {

class ChildRunnerTest : public ::testing::Test {
 protected:
  std::string File(const std::string& name) const { return absl::StrCat(::testing::TempDir(), "/child-", getpid(), "-", name); }

  absl::StatusOr<std::unique_ptr<ChildRunner>> Shell(const std::string& script) {
    return ChildRunner::Start({.command = {"/bin/sh", "-c", script}, .first_pause = absl::Milliseconds(1), .longest_pause = absl::Milliseconds(2)});
  }

  static simulation::v1::Simulator Of(const ChildRunner& runner) {
    simulation::v1::Simulator simulator;
    runner.Describe(&simulator);
    return simulator;
  }

  static bool Eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
};

TEST_F(ChildRunnerTest, ProgramThatEndsWellHasFinished) {
  auto runner = Shell("exit 0");
  ASSERT_TRUE(runner.ok());
  EXPECT_TRUE(Eventually([&] { return Of(**runner).state() == "finished"; }));
  EXPECT_EQ(Of(**runner).restarts(), 0);
}

TEST_F(ChildRunnerTest, ProgramThatDiesIsStartedAgain) {
  const std::string lives = File("lives");
  auto runner = Shell(absl::StrCat("echo x >> ", lives, "; [ $(wc -l < ", lives, ") -lt 3 ] && exit 7; exec sleep 600"));
  ASSERT_TRUE(runner.ok());
  EXPECT_TRUE(Eventually([&] { return Of(**runner).restarts() == 2; }));
  EXPECT_TRUE(Eventually([&] { return Of(**runner).state() == "running"; }));
  EXPECT_NE(Of(**runner).message().find("status 7"), std::string::npos);
  (*runner)->Stop();
  EXPECT_EQ(Of(**runner).state(), "stopped");
}

TEST_F(ChildRunnerTest, StopAsksFirst) {
  const std::string asked = File("asked");
  const std::string ready = File("ready");
  auto runner = Shell(absl::StrCat("trap 'echo yes > ", asked, "; exit 0' TERM; echo > ", ready, "; while :; do sleep 0.02; done"));
  ASSERT_TRUE(runner.ok());
  ASSERT_TRUE(Eventually([&] { return access(ready.c_str(), F_OK) == 0; }));
  (*runner)->Stop();
  std::string word;
  std::ifstream(asked) >> word;
  EXPECT_EQ(word, "yes");
}

TEST_F(ChildRunnerTest, StopKillsAProgramThatWillNotEnd) {
  const std::string ready = File("deaf");
  auto runner = ChildRunner::Start({.command = {"/bin/sh", "-c", absl::StrCat("trap '' TERM; echo > ", ready, "; while :; do sleep 0.02; done")},
                                    .patience = absl::Milliseconds(100)});
  ASSERT_TRUE(runner.ok());
  ASSERT_TRUE(Eventually([&] { return access(ready.c_str(), F_OK) == 0; }));
  (*runner)->Stop();
  EXPECT_EQ(Of(**runner).state(), "stopped");
}

TEST_F(ChildRunnerTest, MissingProgramIsAnError) {
  EXPECT_EQ(ChildRunner::Start({.command = {"/nowhere/station-simulator"}}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ChildRunnerTest, OnlyFeedingHasAccelerationAndIncidents) {
  auto runner = Shell("exec sleep 600");
  ASSERT_TRUE(runner.ok());
  EXPECT_EQ((*runner)->SetAcceleration(2).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ((*runner)->Inject({}).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace egi::simulator_host
