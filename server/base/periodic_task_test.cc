#include "server/base/periodic_task.h"

#include <chrono>
#include <future>

#include "gtest/gtest.h"

namespace egi {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(PeriodicTaskTest, StepComesBackAfterTheRestItAnswered) {
  std::promise<void> third;
  int runs = 0;
  PeriodicTask task([&]() -> nanoseconds {
    if (++runs < 3) return milliseconds(1);
    third.set_value();  // throws, and so fails the test, if the long rest were not kept
    return hours(1000);
  });
  EXPECT_EQ(third.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(PeriodicTaskTest, DestructionCutsALongRestShort) {
  std::promise<void> ran;
  const auto start = std::chrono::steady_clock::now();
  {
    PeriodicTask task([&]() -> nanoseconds {
      ran.set_value();
      return hours(1000);
    });
    ASSERT_EQ(ran.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, hours(1));
}

}  // namespace
}  // namespace egi
