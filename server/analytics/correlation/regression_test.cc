#include "server/analytics/correlation/regression.h"

#include "gtest/gtest.h"

namespace egi::analytics {
namespace {

// Anscombe's first quartet (The American Statistician 27, 1973): y = 3.00 + 0.500 x, residual standard error 1.237.
const std::vector<double> kX = {10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
const std::vector<double> kY = {8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};

TEST(Regression, FitsThePublishedLine) {
  const auto line = FitLine(kX, kY);
  ASSERT_TRUE(line.has_value());
  EXPECT_NEAR(line->slope, 0.5001, 5e-5);
  EXPECT_NEAR(line->intercept, 3.0001, 5e-5);
  EXPECT_NEAR(line->residual_deviation, 1.237, 5e-4);
}

TEST(Regression, TheIntervalOfTheMeanIsNarrowestInTheMiddle) {
  const auto line = FitLine(kX, kY);
  ASSERT_TRUE(line.has_value());
  const Interval middle = line->MeanInterval(9), end = line->MeanInterval(14);
  // At the mean of x it is y +- t(0.975, 9) * s / sqrt(n) = 7.5009 +- 2.262157 * 1.236603 / sqrt(11).
  EXPECT_NEAR(middle.lower, 7.5009 - 0.84346, 1e-4);
  EXPECT_NEAR(middle.upper, 7.5009 + 0.84346, 1e-4);
  EXPECT_GT(end.upper - end.lower, middle.upper - middle.lower);
}

TEST(Regression, IsAbsentForTooFewPairsAndForAConstantX) {
  EXPECT_FALSE(FitLine({1, 2}, {1, 2}).has_value());
  EXPECT_FALSE(FitLine({3, 3, 3}, {1, 2, 3}).has_value());
}

}  // namespace
}  // namespace egi::analytics
