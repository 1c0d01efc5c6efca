#include "server/curves/weight.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::curves {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// domain.md section 8 gives final weights for 2 (D + 1) meals, J0 to JD; ours end one day earlier, by 2 x base x 1.0 (day = D).
TEST(Weight, EndsWhereTheSpecificationSaysOneDayEarlier) {
  EXPECT_NEAR(WeightsOf({"Mulard", 12, {}, {}}).back(), 6937 - 150, 1);
  EXPECT_NEAR(WeightsOf({"Mulard", 11, {}, {}}).back(), 6749 - 150, 2);
  EXPECT_NEAR(WeightsOf({"Barbarie", 14, {}, {}}).back(), 6150 - 120, 1);
  EXPECT_NEAR(WeightsOf({"Pékin", 13, {}, {}}).back(), 6374 - 130, 2);
}

TEST(Weight, TwoWeightsADayThatAlwaysGrow) {
  const auto weights = WeightsOf({"Mulard", 14, {}, {}});
  ASSERT_EQ(weights.size(), 28u);
  EXPECT_DOUBLE_EQ(weights[0], 4500 + 75 * 1.5);
  for (size_t i = 1; i < weights.size(); ++i) EXPECT_GT(weights[i], weights[i - 1]);
}

TEST(Weight, OwnWeightsGoBeforeThoseOfTheBreed) {
  EXPECT_DOUBLE_EQ(WeightsOf({"Mulard", 12, 4700.0, {}})[0], 4700 + 112.5);
  EXPECT_NEAR(WeightsOf({"Mulard", 12, 4700.0, 6500.0}).back(), 6500, 0.1);
  EXPECT_NEAR(WeightsOf({"", 12, 4000.0, 6000.0}).back(), 6000, 0.1);
}

TEST(Weight, UnknownBreedWithoutBothWeightsHasNoCurve) {
  EXPECT_THAT(WeightsOf({"Mixte", 12, 4000.0, {}}), IsEmpty());
  EXPECT_THAT(WeightsOf({"", 12, {}, {}}), IsEmpty());
  EXPECT_THAT(WeightsOf({"", 12, 6000.0, 5000.0}), IsEmpty());
}

TEST(Weight, GoalBelowTheInitialWeightIsNoGoal) {
  EXPECT_DOUBLE_EQ(WeightsOf({"Mulard", 12, {}, 4000.0}).back(), WeightsOf({"Mulard", 12, {}, {}}).back());
}

TEST(ResampledDays, MorningsAndEveningsStayApart) {
  EXPECT_THAT(ResampledDays({100, 200, 300, 400}, 3), ElementsAre(100, 200, 200, 300, 300, 400));
  EXPECT_THAT(ResampledDays({100, 200, 300, 400}, 1), ElementsAre(100, 200));
  EXPECT_THAT(ResampledDays({100, 200}, 2), ElementsAre(100, 200, 100, 200));
  EXPECT_THAT(ResampledDays({}, 2), IsEmpty());
}

}  // namespace
}  // namespace egi::curves
