#include "simulators/program/program.h"

#include "gtest/gtest.h"

namespace egi::program {
namespace {

TEST(ProgramTest, OnlyTheNameOfAFlagChanges) {
  EXPECT_EQ(FlagWithUnderscores("--polling-interval=5-6"), "--polling_interval=5-6");
  EXPECT_EQ(FlagWithUnderscores("--samples-per-lot"), "--samples_per_lot");
  EXPECT_EQ(FlagWithUnderscores("--"), "--");
  EXPECT_EQ(FlagWithUnderscores("-x-y"), "-x-y");
  EXPECT_EQ(FlagWithUnderscores("LL-1"), "LL-1");
}

TEST(ProgramTest, SignalStopsAWaitAndEveryLaterOne) {
  StopSignal stop;
  EXPECT_FALSE(stop.WaitFor(absl::Milliseconds(1)));
  raise(SIGTERM);
  EXPECT_TRUE(stop.WaitFor(absl::Seconds(60)));
  EXPECT_TRUE(stop.WaitFor(absl::Seconds(60)));
}

}  // namespace
}  // namespace egi::program
