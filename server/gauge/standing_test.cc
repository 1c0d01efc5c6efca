#include "server/gauge/standing.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/proto_time.h"
#include "server/gauge/check.h"

namespace egi::gauge {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1770109200);  // 2026-02-03 09:00 UTC

quality::v1::Calibration Calibration(absl::Duration from, absl::Duration until) {
  quality::v1::Calibration calibration;
  calibration.set_calibration_id(2);
  ToTimestamp(kNow + from, calibration.mutable_valid_from());
  ToTimestamp(kNow + until, calibration.mutable_valid_until());
  return calibration;
}

quality::v1::Calibration Valid() { return Calibration(-absl::Hours(1), absl::Hours(1)); }

std::vector<ChartedCheck> Deviations(std::initializer_list<double> values) {
  std::vector<ChartedCheck> checks;
  for (const double value : values) checks.push_back({static_cast<int>(checks.size()) + 1, kNow, value, true, ""});
  return checks;
}

// Montgomery, Introduction to Statistical Quality Control, 6th ed., table 9.10: lambda 0.1, L 2.7, mean 10, sigma 1. Here as differences to
// the mean: the limits at points 1 and 2 are +-0.27 and +-0.36, at points far on +-0.62; the averages of the first three values are 9.945,
// 9.7495 and 9.7036.
TEST(GaugeDrift, EqualsThePublishedChart) {
  GaugeRules rules;
  rules.drift_lambda = 0.1;
  rules.drift_width = 2.7;
  rules.white_tolerance_pct = 3;
  rules.drift_sigma_share = 1.0 / 3;
  const auto drift = ChartDrift(kWhiteReference, Deviations({9.45 - 10, 7.99 - 10, 9.29 - 10}), rules);
  ASSERT_EQ(drift.points_size(), 3);
  EXPECT_NEAR(drift.points(0).ewma_pct(), 9.945 - 10, 5e-5);
  EXPECT_NEAR(drift.points(1).ewma_pct(), 9.7495 - 10, 5e-5);
  EXPECT_NEAR(drift.points(2).ewma_pct(), 9.7036 - 10, 5e-5);
  EXPECT_NEAR(drift.points(0).upper_limit_pct(), 0.27, 0.005);
  EXPECT_NEAR(drift.points(1).upper_limit_pct(), 0.36, 0.005);
  EXPECT_FALSE(drift.drifting());
}

TEST(GaugeDrift, SteadySmallShiftIsFoundThoughEveryCheckPasses) {
  const auto drift = ChartDrift(kWhiteReference, Deviations({2, 2, 2, 2, 2, 2, 2, 2, 2, 2}), {});
  EXPECT_TRUE(drift.drifting());
  EXPECT_GT(drift.violations_size(), 0);
  EXPECT_TRUE(drift.points(drift.violations(0)).violation());
  EXPECT_FALSE(ChartDrift(kWhiteReference, Deviations({2}), {}).drifting());
}

TEST(GaugeDrift, FailedCheckIsShownAndNotCarriedIntoTheAverage) {
  auto checks = Deviations({0.5, 8, 0.1});
  checks[1].passed = false;
  const auto drift = ChartDrift(kGoldenSample, checks, {});
  EXPECT_DOUBLE_EQ(drift.points(1).deviation_pct(), 8);
  EXPECT_NEAR(drift.points(1).ewma_pct(), 0.1, 1e-12);
  EXPECT_NEAR(drift.points(2).ewma_pct(), 0.1, 1e-12);
  EXPECT_FALSE(drift.drifting());
  EXPECT_TRUE(Decide(Valid(), {{kGoldenSample, checks}}, {}, kNow).allowed());
}

TEST(GaugeDrift, NoCheckIsAnEmptyChart) {
  const auto drift = ChartDrift(kGoldenSample, {}, {});
  EXPECT_EQ(drift.points_size(), 0);
  EXPECT_FALSE(drift.drifting());
}

TEST(GaugeStanding, CalibratedStationMayGrade) {
  EXPECT_TRUE(Decide(Valid(), {{kWhiteReference, Deviations({0.1, -0.2})}}, {}, kNow).allowed());
  EXPECT_TRUE(Decide(Valid(), {}, {}, kNow).allowed());
}

TEST(GaugeStanding, ValidityBeginsAndEndsAtItsInstants) {
  EXPECT_EQ(Decide(Calibration(absl::Seconds(1), absl::Hours(1)), {}, {}, kNow).state, "not_yet_valid");
  EXPECT_TRUE(Decide(Calibration(absl::ZeroDuration(), absl::Hours(1)), {}, {}, kNow).allowed());
  const Standing expired = Decide(Calibration(-absl::Hours(1), absl::ZeroDuration()), {}, {}, kNow);
  EXPECT_EQ(expired.state, "expired");
  EXPECT_THAT(expired.reason, HasSubstr("calibration 2 expired on 2026-02-03 09:00 UTC"));
}

TEST(GaugeStanding, OnlyTheNewestCheckOfAKindCounts) {
  auto checks = Deviations({0, 0});
  checks[0].passed = false;
  EXPECT_TRUE(Decide(Valid(), {{kWhiteReference, checks}}, {}, kNow).allowed());
  std::swap(checks[0].passed, checks[1].passed);
  checks[1].message = "Clear is -9.0 % from its reference";
  const Standing failed = Decide(Valid(), {{kWhiteReference, checks}, {kGoldenSample, Deviations({0})}}, {}, kNow);
  EXPECT_EQ(failed.state, "check_failed");
  EXPECT_THAT(failed.reason, HasSubstr("white reference check 2 of 2026-02-03 09:00 UTC failed: Clear is -9.0 %"));
}

TEST(GaugeStanding, DriftRefusesWithItsFigures) {
  const Standing standing = Decide(Valid(), {{kGoldenSample, Deviations({2, 2, 2, 2, 2, 2, 2, 2})}}, {}, kNow);
  EXPECT_EQ(standing.state, "drift");
  EXPECT_THAT(standing.reason, HasSubstr("golden sample drifts"));
}

}  // namespace
}  // namespace egi::gauge
