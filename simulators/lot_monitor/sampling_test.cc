#include "simulators/lot_monitor/sampling.h"

#include "gtest/gtest.h"

namespace egi::lot_monitor {
namespace {

quality::v1::PendingLot LotOf(int birds) {
  quality::v1::PendingLot lot;
  if (birds > 0) lot.mutable_nb_canards_final()->set_value(birds);
  return lot;
}

TEST(SamplingTest, WithoutFactorEveryLotHasTheSameNumber) {
  EXPECT_EQ(Sampling{.per_lot = 7}.Of(LotOf(1000)), 7);
  EXPECT_EQ(Sampling{}.Of(LotOf(4)), 5);
}

TEST(SamplingTest, NumberGrowsWithTheSquareRootOfTheBirds) {
  const Sampling sampling{.per_lot = 5, .per_sqrt_bird = 0.7};
  EXPECT_EQ(sampling.Of(LotOf(49)), 5);
  EXPECT_EQ(sampling.Of(LotOf(196)), 10);
  EXPECT_EQ(sampling.Of(LotOf(1)), 1);
}

TEST(SamplingTest, UnknownBirdsFallBackAndNothingExceedsAThousand) {
  EXPECT_EQ((Sampling{.per_lot = 5, .per_sqrt_bird = 0.7}).Of(LotOf(0)), 5);
  EXPECT_EQ((Sampling{.per_sqrt_bird = 100}).Of(LotOf(1000)), 1000);
}

}  // namespace
}  // namespace egi::lot_monitor
