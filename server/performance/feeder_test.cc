#include "server/performance/feeder.h"

#include <set>

#include "gtest/gtest.h"

namespace egi::performance {
namespace {

TEST(FeederTest, LowItmIsTheBestCluster) {
  EXPECT_STREQ(kClusters[ClusterOf(13)], "Excellent");
  EXPECT_STREQ(kClusters[ClusterOf(13.01)], "Très bon");
  EXPECT_STREQ(kClusters[ClusterOf(14.5)], "Très bon");
  EXPECT_STREQ(kClusters[ClusterOf(15.5)], "Bon");
  EXPECT_STREQ(kClusters[ClusterOf(17)], "À améliorer");
  EXPECT_STREQ(kClusters[ClusterOf(17.01)], "Critique");
}

TEST(FeederTest, ScoreFallsWithItmAndMortality) {
  EXPECT_DOUBLE_EQ(FeederScore(12.5, 0), 100);
  EXPECT_DOUBLE_EQ(FeederScore(11, 0), 100);
  EXPECT_DOUBLE_EQ(FeederScore(17, 5), 0);
  EXPECT_DOUBLE_EQ(FeederScore(20, 30), 0);
  EXPECT_DOUBLE_EQ(FeederScore(14.75, 2.5), 50);
}

// Slopes by hand; p values from the t distribution (3 lots never tell a trend).
TEST(FeederTest, TrendNeedsFourLotsAndSignificance) {
  EXPECT_EQ(TrendOf({16, 15, 14}).name, "insuffisant");
  EXPECT_FALSE(TrendOf({16, 15, 14}).slope.has_value());
  const Trend better = TrendOf({16, 15.1, 14, 13.1, 12});
  EXPECT_EQ(better.name, "amelioration");
  EXPECT_NEAR(*better.slope, -1.0, 1e-9);
  EXPECT_EQ(TrendOf({12, 13.1, 14, 15.1, 16}).name, "degradation");
  EXPECT_EQ(TrendOf({14, 16, 13, 16, 14.2}).name, "stable");
  const Trend constant = TrendOf({14, 14, 14, 14});
  EXPECT_EQ(constant.name, "stable");
  EXPECT_EQ(*constant.slope, 0);
}

TEST(FeederTest, RecommendationsDifferByClusterAndNameNotableLosses) {
  std::set<std::string> texts;
  for (int cluster = 0; cluster < 5; ++cluster) texts.insert(ClusterRecommendation(cluster, std::nullopt));
  EXPECT_EQ(texts.size(), 5u);
  EXPECT_EQ(ClusterRecommendation(2, 2.99), ClusterRecommendation(2, std::nullopt));
  EXPECT_NE(ClusterRecommendation(2, 3.75).find("Pertes de 3,8 %"), std::string::npos) << ClusterRecommendation(2, 3.75);
}

}  // namespace
}  // namespace egi::performance
