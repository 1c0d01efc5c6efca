#include "server/analytics/spc/capability.h"

#include "gtest/gtest.h"
#include "server/analytics/spc/charts.h"
#include "server/analytics/spc/reference_data.h"

namespace egi::spc {
namespace {

std::vector<double> Rings() {
  std::vector<double> values;
  for (int i = 0; i < 25; ++i) values.insert(values.end(), PistonRings()[i].begin(), PistonRings()[i].end());
  return values;
}

// The manual of the R package qcc 3.0 prints these for the rings of 25 samples, limits 73.95 and 74.05.
TEST(CapabilityTest, PistonRingsHaveThePublishedIndicesAndIntervals) {
  const auto capability = ComputeCapability(Rings(), {0.009785039, 124}, {73.95, 74.05, 74.0}, 0.95);
  ASSERT_TRUE(capability.ok());
  EXPECT_NEAR(capability->mean, 74.00118, 5e-6);
  EXPECT_NEAR(capability->cp->value, 1.703, 5e-4);
  EXPECT_NEAR(capability->cp->low, 1.491, 5e-4);
  EXPECT_NEAR(capability->cp->high, 1.915, 5e-4);
  EXPECT_NEAR(capability->cpk.value, 1.663, 5e-4);
  EXPECT_NEAR(capability->cpk.low, 1.448, 5e-4);
  EXPECT_NEAR(capability->cpk.high, 1.878, 5e-4);
  EXPECT_EQ(capability->below_lsl, 0);
  EXPECT_EQ(capability->above_usl, 0);
  // Long-term figures: computed with Python's statistics module.
  EXPECT_NEAR(capability->sigma_overall, 0.0100699681, 5e-11);
  EXPECT_NEAR(capability->pp->value, 1.6550863, 5e-8);
  EXPECT_NEAR(capability->ppk.value, 1.6161587, 5e-8);
  EXPECT_NEAR(*capability->cpm, 1.6439142, 5e-8);
}

// Montgomery, example 8.4: limits 38 and 62, 20 values, s = 1.75: Cp 2.29 between 1.57 and 3.01.
TEST(CapabilityTest, IntervalOfCpIsThePublishedOne) {
  std::vector<double> values;
  for (int i = 0; i < 20; ++i) values.push_back(50 + (i % 2 == 0 ? 1.75 : -1.75));
  const auto capability = ComputeCapability(values, {1.75, 19}, {38.0, 62.0, {}}, 0.95);
  ASSERT_TRUE(capability.ok());
  EXPECT_NEAR(capability->cp->value, 2.29, 5e-3);
  EXPECT_NEAR(capability->cp->low, 1.57, 5.1e-3);  // the book goes on from 2.29, rounded
  EXPECT_NEAR(capability->cp->high, 3.01, 5e-3);
  EXPECT_FALSE(capability->cpm.has_value());
}

TEST(CapabilityTest, OneLimitGivesOnlyTheOneSidedIndices) {
  const auto upper = ComputeCapability(Rings(), {0.009785039, 124}, {{}, 74.01, {}}, 0.95);
  ASSERT_TRUE(upper.ok());
  EXPECT_FALSE(upper->cp.has_value());
  EXPECT_FALSE(upper->pp.has_value());
  EXPECT_NEAR(upper->cpk.value, (74.01 - 74.001176) / (3 * 0.009785039), 1e-9);
  EXPECT_EQ(upper->above_usl, 20);
  const auto lower = ComputeCapability(Rings(), {0.009785039, 124}, {73.99, {}, {}}, 0.95);
  EXPECT_NEAR(lower->cpk.value, (74.001176 - 73.99) / (3 * 0.009785039), 1e-9);
}

TEST(CapabilityTest, RefusalsSayWhy) {
  const std::vector<double> nine(9, 50.0);
  const auto few = ComputeCapability(nine, {1, 8}, {45.0, 55.0, {}}, 0.95);
  EXPECT_EQ(few.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(few.status().message(), "capability needs at least 10 samples, there are 9");
  const auto flat = ComputeCapability(std::vector<double>(10, 50.0), {0, 9}, {45.0, 55.0, {}}, 0.95);
  EXPECT_EQ(flat.status().message(), "capability needs spread: all samples are equal, or no subgroup is complete");
  const auto limitless = ComputeCapability(Rings(), {0.01, 124}, {}, 0.95);
  EXPECT_EQ(limitless.status().message(), "capability needs a specification limit: give lsl, usl or both");
}

TEST(CapabilityTest, VerdictsChangeAtTheirThresholds) {
  EXPECT_STREQ(CapabilityVerdict(1.33), "capable");
  EXPECT_STREQ(CapabilityVerdict(1.329), "acceptable");
  EXPECT_STREQ(CapabilityVerdict(1.0), "acceptable");
  EXPECT_STREQ(CapabilityVerdict(0.999), "incapable");
}

TEST(CapabilityTest, MovingRangesGiveSigmaAndFewerDegreesThanAllValues) {
  const Spread spread = SpreadFromMovingRange({Viscosity().begin(), Viscosity().begin() + 20});
  EXPECT_NEAR(spread.sigma, 0.5076521, 5e-8);  // as published with qcc
  EXPECT_NEAR(spread.degrees, 11.78, 1e-9);
}

// The expected figures come from an independent program on Python's statistics.NormalDist.
TEST(NormalityTest, StatisticAndProbabilityEqualAnIndependentComputation) {
  const auto faulty = AndersonDarling({Viscosity().begin(), Viscosity().begin() + 20});
  ASSERT_TRUE(faulty.ok());
  EXPECT_NEAR(faulty->statistic, 1.1267832, 5e-8);
  EXPECT_NEAR(faulty->p, 0.0060030, 5e-8);
  const auto rings = AndersonDarling(Rings());
  EXPECT_NEAR(rings->statistic, 0.1921930, 5e-8);
  EXPECT_NEAR(rings->p, 0.8958343, 5e-8);
  const auto shifted = AndersonDarling({ShiftedMean().begin(), ShiftedMean().begin() + 20});
  EXPECT_NEAR(shifted->statistic, 0.2332370, 5e-8);
  EXPECT_NEAR(shifted->p, 0.7974940, 5e-8);
}

TEST(NormalityTest, AnExtremeValueKeepsFiniteFigures) {
  std::vector<double> values(999, 0.0);
  for (size_t i = 0; i < values.size(); ++i) values[i] = i % 2;
  values.push_back(1e9);
  const auto result = AndersonDarling(values);
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->statistic, 13);
  EXPECT_EQ(result->p, 0);
}

TEST(NormalityTest, FewOrEqualValuesAreRefused) {
  EXPECT_EQ(AndersonDarling({1, 2, 3, 4, 5, 6, 7}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AndersonDarling(std::vector<double>(8, 1.0)).status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace egi::spc
