#include "server/curves/recommended.h"

#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::curves {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

const Reference kMulard = *ReferenceNamed("Mulard");

// analytics.md section 3: 13, 14.5, 15.5, 17; the target is the bound to the next better cluster.
TEST(Recommended, ClusterIsThatOfThePerformances) {
  const auto of = [](double itm) {
    const RecommendedDoses doses = Recommend({3, itm, {}}, kMulard);
    return std::pair<int, double>{doses.cluster, doses.target_itm};
  };
  EXPECT_THAT(of(13), Pair(0, 13));
  EXPECT_THAT(of(13.01), Pair(1, 13));
  EXPECT_THAT(of(14.5), Pair(1, 13));
  EXPECT_THAT(of(14.51), Pair(2, 14.5));
  EXPECT_THAT(of(15.51), Pair(3, 15.5));
  EXPECT_THAT(of(17.01), Pair(4, 17));
}

// domain.md section 7.4, the table of cluster 2; api.md C.1: day 1 is 220 g + 270 g.
TEST(Recommended, FeederOnTargetGetsTheTableOfTheCluster) {
  const RecommendedDoses doses = Recommend({3, 14.9, 1.0}, kMulard);
  EXPECT_EQ(doses.cluster, 2);
  EXPECT_DOUBLE_EQ(doses.target_itm, 14.5);
  EXPECT_DOUBLE_EQ(doses.factor, 1);
  EXPECT_THAT(doses.totals_g, ElementsAre(490, 590, 690, 790, 870, 920, 940, 920, 880, 820, 720));
  EXPECT_DOUBLE_EQ(doses.mornings_g[0], 220);
  EXPECT_DOUBLE_EQ(doses.evenings_g[0], 270);
  EXPECT_THAT(doses.advice, IsEmpty());
}

TEST(Recommended, BestClusterGetsItsOwnTableAndAWarningAboutItsTotal) {
  const RecommendedDoses doses = Recommend({3, 12.5, 0.0}, kMulard);
  EXPECT_THAT(doses.totals_g, ElementsAre(550, 650, 750, 850, 950, 1000, 1020, 1000, 960, 900, 800));
  ASSERT_EQ(doses.advice.size(), 1u);
  EXPECT_THAT(doses.advice[0], HasSubstr("9430 g"));
}

// 1 - 0.03 x gap, counted from a gap above 0.5, within 0.85..1.15.
TEST(Recommended, FactorFollowsTheGapToTheTarget) {
  EXPECT_DOUBLE_EQ(Recommend({1, 15.5, {}}, kMulard).factor, 1 - 0.03 * 1.0);
  EXPECT_DOUBLE_EQ(Recommend({1, 15.0, {}}, kMulard).factor, 1);
  EXPECT_DOUBLE_EQ(Recommend({1, 10.0, {}}, kMulard).factor, 1.09);
  EXPECT_DOUBLE_EQ(Recommend({1, 30.0, {}}, kMulard).factor, 0.85);
  EXPECT_DOUBLE_EQ(Recommend({1, 1.0, {}}, kMulard).factor, 1.15);
}

// Above 2 %: x 0.95, and x 0.90 on days 1 to 4, x 0.95 on days 5 to 7.
TEST(Recommended, HighLossStartsSlower) {
  const RecommendedDoses doses = Recommend({3, 14.9, 2.1}, kMulard);
  EXPECT_DOUBLE_EQ(doses.totals_g[0], 419);  // 490 x 0.855 = 418.95
  EXPECT_DOUBLE_EQ(doses.totals_g[3], 675);  // 790 x 0.855 = 675.45
  EXPECT_DOUBLE_EQ(doses.totals_g[4], 785);  // 870 x 0.9025 = 785.175
  EXPECT_DOUBLE_EQ(doses.totals_g[6], 848);  // 940 x 0.9025 = 848.35
  EXPECT_DOUBLE_EQ(doses.totals_g[7], 874);  // 920 x 0.95
  EXPECT_DOUBLE_EQ(Recommend({3, 14.9, 2.0}, kMulard).totals_g[0], 490);
}

TEST(Recommended, FeederWithoutHistoryIsInTheMiddle) {
  const RecommendedDoses doses = Recommend({}, kMulard);
  EXPECT_EQ(doses.cluster, 2);
  EXPECT_DOUBLE_EQ(doses.totals_g[0], 490);
  ASSERT_EQ(doses.advice.size(), 1u);
  EXPECT_THAT(doses.source, HasSubstr("pas d'historique"));
}

// Sums of domain.md section 7.2: PKL* 8049, CF80* 9006.
TEST(Recommended, LighterStrainGetsItsShareOfCorn) {
  EXPECT_DOUBLE_EQ(Recommend({}, *ReferenceNamed("Barbarie")).totals_g[0], 438);  // 490 x 8049 / 9006 = 437.9
}

}  // namespace
}  // namespace egi::curves
