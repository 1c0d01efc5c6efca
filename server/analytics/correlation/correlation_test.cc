#include "server/analytics/correlation/correlation.h"

#include <cmath>

#include "gtest/gtest.h"

namespace egi::analytics {
namespace {

// F. J. Anscombe, Graphs in Statistical Analysis, The American Statistician 27 (1973), first data set: r = 0.816; t = 4.24 with 9 degrees
// of freedom, p = 0.00217.
TEST(Pearson, AnscombesFirstDataSet) {
  const std::vector<double> x = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
  const std::vector<double> y = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};
  const auto r = Pearson(x, y);
  ASSERT_TRUE(r.has_value());
  EXPECT_NEAR(r->value, 0.816, 0.0005);
  EXPECT_NEAR(r->p_value, 0.00217, 0.000005);
  ASSERT_TRUE(r->interval_95.has_value());
  EXPECT_NEAR(r->interval_95->lower, std::tanh(std::atanh(r->value) - 1.959964 / std::sqrt(8)), 1e-6);
  EXPECT_NEAR(r->interval_95->upper, std::tanh(std::atanh(r->value) + 1.959964 / std::sqrt(8)), 1e-6);
}

// Ten persons' IQ and weekly hours of television, the usual example without ties: sum of d^2 = 194, rho = 1 - 6 * 194 / 990 = -29/165.
TEST(Spearman, IsOneMinusSixSumsOfSquaredRankDifferencesWithoutTies) {
  const auto rho = Spearman({106, 100, 86, 101, 99, 103, 97, 113, 112, 110}, {7, 27, 2, 50, 28, 29, 20, 12, 6, 17});
  ASSERT_TRUE(rho.has_value());
  EXPECT_NEAR(rho->value, -29.0 / 165, 1e-12);
  EXPECT_NEAR(rho->p_value, 0.627188, 1e-6);
}

// Of the 6 orders of three ranks two are perfect; of the 24 of four ranks two.
TEST(Spearman, FewPairsAreCountedOutNotApproximated) {
  EXPECT_DOUBLE_EQ(Spearman({1, 2, 3}, {9, 5, 2})->p_value, 1.0 / 3);
  EXPECT_DOUBLE_EQ(Spearman({1, 2, 3, 4}, {1, 2, 3, 4})->p_value, 1.0 / 12);
}

TEST(Spearman, EqualValuesShareTheirMeanRank) {
  // Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4: covariance 4.5, variances 4.5 and 5.
  EXPECT_NEAR(Spearman({1, 2, 2, 3}, {1, 2, 3, 4})->value, 4.5 / std::sqrt(4.5 * 5), 1e-12);
  EXPECT_DOUBLE_EQ(Spearman({1, 2, 3, 4}, {1, 10, 100, 1000})->value, 1);
}

TEST(Correlation, IsAbsentWithoutThreePairsOrWithoutVariation) {
  EXPECT_FALSE(Pearson({1, 2}, {1, 2}).has_value());
  EXPECT_FALSE(Pearson({1, 1, 1}, {1, 2, 3}).has_value());
  EXPECT_FALSE(Spearman({}, {}).has_value());
  EXPECT_FALSE(Pearson({1, 2, 3}, {1, 2, 4})->interval_95.has_value());
}

TEST(Correlation, PerfectIsCertain) {
  const auto r = Pearson({1, 2, 3, 4}, {4, 3, 2, 1});
  EXPECT_EQ(r->value, -1);
  EXPECT_EQ(r->p_value, 0);
  EXPECT_EQ(r->interval_95->upper, -1);
}

}  // namespace
}  // namespace egi::analytics
