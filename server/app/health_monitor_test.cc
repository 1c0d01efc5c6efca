#include "server/app/health_monitor.h"

#include <chrono>
#include <vector>

#include "gtest/gtest.h"
#include "server/base/fake_clock.h"

namespace egi::app {
namespace {

// A database the test takes down and up; records what the monitor concludes.
class HealthMonitorTest : public testing::Test {
 protected:
  HealthMonitor::Options MakeOptions() {
    HealthMonitor::Options options;
    options.clock = &clock_;
    options.interval = absl::Milliseconds(1);
    options.probe = [this] {
      MutexLock lock(&mutex_);
      ++probes_;
      changed_.NotifyAll();
      return up_ ? absl::OkStatus() : absl::UnavailableError("down");
    };
    options.on_change = [this](bool serving) {
      MutexLock lock(&mutex_);
      changes_.push_back(serving);
      changed_.NotifyAll();
    };
    return options;
  }
  void SetUp(bool up) {
    MutexLock lock(&mutex_);
    up_ = up;
  }
  // Waits for a whole probe to be judged: two more must begin.
  void AwaitProbe() {
    MutexLock lock(&mutex_);
    const int until = probes_ + 2;
    while (probes_ < until) ASSERT_TRUE(changed_.WaitFor(&mutex_, std::chrono::seconds(10)));
  }
  void AwaitChanges(size_t count) {
    MutexLock lock(&mutex_);
    while (changes_.size() < count) ASSERT_TRUE(changed_.WaitFor(&mutex_, std::chrono::seconds(10)));
  }
  std::vector<bool> changes() {
    MutexLock lock(&mutex_);
    return changes_;
  }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  Mutex mutex_;
  CondVar changed_;
  bool up_ = true;
  int probes_ = 0;
  std::vector<bool> changes_;
};

TEST_F(HealthMonitorTest, HiccupChangesNothing) {
  HealthMonitor monitor(MakeOptions());
  SetUp(false);
  AwaitProbe();
  clock_.Advance(absl::Seconds(2));
  AwaitProbe();
  SetUp(true);
  AwaitProbe();
  EXPECT_TRUE(changes().empty());
}

TEST_F(HealthMonitorTest, SilentDatabaseStopsServingAndItsReturnResumes) {
  HealthMonitor monitor(MakeOptions());
  SetUp(false);
  AwaitProbe();
  clock_.Advance(absl::Seconds(3));
  AwaitChanges(1);
  SetUp(true);
  AwaitChanges(2);
  EXPECT_EQ(changes(), (std::vector<bool>{false, true}));
}

}  // namespace
}  // namespace egi::app
