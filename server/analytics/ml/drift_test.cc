#include "server/analytics/ml/drift.h"

#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::analytics::ml {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Each;

TEST(StabilityIndex, EqualsTheSumDoneByHand) {
  // 0.1 ln(0.6/0.5) - 0.1 ln(0.4/0.5) = 0.1 (0.182322 + 0.223144)
  EXPECT_NEAR(StabilityIndex({0.5, 0.5}, {0.6, 0.4}), 0.0405465, 1e-6);
  // -0.1 ln(0.1/0.2) + 0 - 0.1 ln(0.4/0.5) + 0.2 ln(0.4/0.2) = 0.0693147 + 0.0223144 + 0.1386294, classes of 0.1 stay
  EXPECT_NEAR(StabilityIndex({0.2, 0.1, 0.5, 0.2}, {0.1, 0.1, 0.4, 0.4}), 0.2302585, 1e-6);
  EXPECT_EQ(StabilityIndex({0.25, 0.75}, {0.25, 0.75}), 0);
}

TEST(StabilityIndex, EmptyClassCountsAsOneTenThousandth) {
  // (0.0001 - 0.5) ln(0.0001/0.5) + (1 - 0.5) ln(1/0.5) = 0.4999 * 8.517193 + 0.5 * 0.693147
  EXPECT_NEAR(StabilityIndex({0.5, 0.5}, {0, 1}), 4.604318, 1e-5);
}

TEST(LevelOf, ChangesAtATenthAndAtAQuarter) {
  EXPECT_STREQ(LevelOf(0.0999), "stable");
  EXPECT_STREQ(LevelOf(0.1), "moderate");
  EXPECT_STREQ(LevelOf(0.25), "moderate");
  EXPECT_STREQ(LevelOf(0.2501), "drifted");
}

TEST(MakeReference, CutsIntoTenEqualClasses) {
  std::vector<double> values(1000);
  std::iota(values.begin(), values.end(), 0);
  const Reference reference = MakeReference(values);
  EXPECT_EQ(reference.bounds.size(), 9u);
  EXPECT_THAT(reference.expected, Each(DoubleNear(0.1, 0.0011)));
  EXPECT_NEAR(std::accumulate(reference.expected.begin(), reference.expected.end(), 0.0), 1, 1e-9);
}

TEST(MakeReference, NeverPartsEqualValues) {
  EXPECT_THAT(MakeReference({1, 1, 1, 1}).bounds, ElementsAre());
  const Reference flags = MakeReference({0, 0, 0, 1});
  EXPECT_THAT(flags.bounds, ElementsAre(0));
  EXPECT_THAT(flags.expected, ElementsAre(0.75, 0.25));
  EXPECT_THAT(SharesOf(flags, {1, 1, 0, 1}), ElementsAre(0.25, 0.75));
}

}  // namespace
}  // namespace egi::analytics::ml
