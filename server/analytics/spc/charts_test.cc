// The published figures are those of the source named with the data (reference_data.h); a tolerance is half a unit of the last printed
// digit.
#include "server/analytics/spc/charts.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analytics/spc/constants.h"
#include "server/analytics/spc/reference_data.h"

namespace egi::spc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Subgroups BaselineRings() { return {PistonRings().begin(), PistonRings().begin() + 25}; }

std::vector<double> BaselineViscosity() { return {Viscosity().begin(), Viscosity().begin() + 20}; }

std::vector<double> MeansOf(const Subgroups& subgroups) {
  std::vector<double> means;
  for (const auto& subgroup : subgroups) means.push_back(Mean(subgroup));
  return means;
}

TEST(ConstantsTest, EqualThePublishedTable) {
  struct Row {
    double d2, d3, c4, A2, A3, B3, B4, D3, D4;
  };
  // Montgomery, appendix VI, n = 2 .. 25. Editions and ASTM differ by one unit in the last digit of A2, D3 and D4.
  const std::vector<Row> published = {
      {1.128, 0.853, 0.7979, 1.880, 2.659, 0, 3.267, 0, 3.267},         {1.693, 0.888, 0.8862, 1.023, 1.954, 0, 2.568, 0, 2.574},
      {2.059, 0.880, 0.9213, 0.729, 1.628, 0, 2.266, 0, 2.282},         {2.326, 0.864, 0.9400, 0.577, 1.427, 0, 2.089, 0, 2.114},
      {2.534, 0.848, 0.9515, 0.483, 1.287, 0.030, 1.970, 0, 2.004},     {2.704, 0.833, 0.9594, 0.419, 1.182, 0.118, 1.882, 0.076, 1.924},
      {2.847, 0.820, 0.9650, 0.373, 1.099, 0.185, 1.815, 0.136, 1.864}, {2.970, 0.808, 0.9693, 0.337, 1.032, 0.239, 1.761, 0.184, 1.816},
      {3.078, 0.797, 0.9727, 0.308, 0.975, 0.284, 1.716, 0.223, 1.777}, {3.173, 0.787, 0.9754, 0.285, 0.927, 0.321, 1.679, 0.256, 1.744},
      {3.258, 0.778, 0.9776, 0.266, 0.886, 0.354, 1.646, 0.283, 1.717}, {3.336, 0.770, 0.9794, 0.249, 0.850, 0.382, 1.618, 0.307, 1.693},
      {3.407, 0.763, 0.9810, 0.235, 0.817, 0.406, 1.594, 0.328, 1.672}, {3.472, 0.756, 0.9823, 0.223, 0.789, 0.428, 1.572, 0.347, 1.653},
      {3.532, 0.750, 0.9835, 0.212, 0.763, 0.448, 1.552, 0.363, 1.637}, {3.588, 0.744, 0.9845, 0.203, 0.739, 0.466, 1.534, 0.378, 1.622},
      {3.640, 0.739, 0.9854, 0.194, 0.718, 0.482, 1.518, 0.391, 1.608}, {3.689, 0.734, 0.9862, 0.187, 0.698, 0.497, 1.503, 0.403, 1.597},
      {3.735, 0.729, 0.9869, 0.180, 0.680, 0.510, 1.490, 0.415, 1.585}, {3.778, 0.724, 0.9876, 0.173, 0.663, 0.523, 1.477, 0.425, 1.575},
      {3.819, 0.720, 0.9882, 0.167, 0.647, 0.534, 1.466, 0.434, 1.566}, {3.858, 0.716, 0.9887, 0.162, 0.633, 0.545, 1.455, 0.443, 1.557},
      {3.895, 0.712, 0.9892, 0.157, 0.619, 0.555, 1.445, 0.451, 1.548}, {3.931, 0.708, 0.9896, 0.153, 0.606, 0.565, 1.435, 0.459, 1.541},
  };
  ASSERT_EQ(published.size(), 24u);
  for (int n = 2; n <= 25; ++n) {
    SCOPED_TRACE(n);
    const Row& row = published[n - 2];
    const Constants c = ConstantsFor(n);
    EXPECT_DOUBLE_EQ(c.d2, row.d2);
    EXPECT_NEAR(c.d3, row.d3, 0.00055);
    EXPECT_NEAR(c.c4, row.c4, 0.00005);
    EXPECT_NEAR(c.A2, row.A2, 0.00101);
    EXPECT_NEAR(c.A3, row.A3, 0.00051);
    EXPECT_NEAR(c.B3, row.B3, 0.00051);
    EXPECT_NEAR(c.B4, row.B4, 0.00051);
    EXPECT_NEAR(c.D3, row.D3, 0.00101);
    EXPECT_NEAR(c.D4, row.D4, 0.00151);
  }
}

TEST(ChartsTest, MeansAndRangesOfPistonRingsHaveThePublishedLimits) {
  const auto process = EstimateFromRanges(BaselineRings());
  ASSERT_TRUE(process.ok());
  EXPECT_NEAR(process->mean, 74.00118, 5e-6);
  EXPECT_NEAR(process->sigma, 0.009785039, 5e-10);
  const Chart chart = XbarRChart(PistonRings(), *process);
  EXPECT_NEAR(chart.level.limits.front().lower, 73.98805, 5e-6);
  EXPECT_NEAR(chart.level.limits.front().upper, 74.0143, 5e-5);
  EXPECT_NEAR(chart.dispersion.centre, 0.02276, 5e-6);
  EXPECT_EQ(chart.dispersion.limits.front().lower, 0);
  EXPECT_NEAR(chart.dispersion.limits.front().upper, 0.04812533, 5e-7);
  EXPECT_THAT(chart.dispersion.Beyond(), IsEmpty());
  // Montgomery: the baseline is in control, samples 37, 38 and 39 (from 1) of the new ones are above the limit.
  EXPECT_THAT(chart.level.Beyond(), ElementsAre(36, 37, 38));
}

TEST(ChartsTest, MeansAndStandardDeviationsOfPistonRingsHaveThePublishedLimits) {
  const auto process = EstimateFromStdDevs(BaselineRings());
  ASSERT_TRUE(process.ok());
  EXPECT_NEAR(process->sigma, 0.009829977, 5e-10);
  const Chart chart = XbarSChart(PistonRings(), *process);
  EXPECT_NEAR(chart.dispersion.centre, 0.009240037, 5e-10);
  EXPECT_EQ(chart.dispersion.limits.front().lower, 0);
  EXPECT_NEAR(chart.dispersion.limits.front().upper, 0.01930242, 5e-9);
  EXPECT_THAT(chart.dispersion.Beyond(), IsEmpty());
  EXPECT_THAT(chart.level.Beyond(), ElementsAre(36, 37, 38));
}

TEST(ChartsTest, GapWidthsHaveThePublishedMeansRangesAndStandardDeviations) {
  const Process process = *EstimateFromRanges(GapWidths());
  const Chart ranges = XbarRChart(GapWidths(), process), deviations = XbarSChart(GapWidths(), process);
  const std::vector<double> mean = {270, 258, 248, 260, 273, 260, 259, 248, 260, 255, 268, 253, 273, 275, 257, 269, 249, 264, 258, 248, 248};
  const std::vector<double> range = {35, 25, 24, 39, 29, 21, 37, 37, 28, 19, 36, 36, 29, 22, 24, 41, 36, 31, 25, 36, 30};
  const std::vector<double> deviation = {12.6293, 10.2225, 10.6771, 14.2302, 11.2027};  // the first five are printed
  for (size_t i = 0; i < mean.size(); ++i) {
    EXPECT_NEAR(*ranges.level.values[i], mean[i], 1e-9) << i;
    EXPECT_NEAR(*ranges.dispersion.values[i], range[i], 1e-9) << i;
  }
  for (size_t i = 0; i < deviation.size(); ++i) EXPECT_NEAR(*deviations.dispersion.values[i], deviation[i], 5e-5) << i;
}

TEST(ChartsTest, IndividualsOfViscosityHaveThePublishedLimits) {
  const auto process = EstimateFromIndividuals(BaselineViscosity());
  ASSERT_TRUE(process.ok());
  EXPECT_NEAR(process->mean, 34.088, 5e-4);
  EXPECT_NEAR(process->sigma, 0.5076521, 5e-8);
  const Chart chart = IndividualsChart(BaselineViscosity(), *process);
  EXPECT_NEAR(chart.level.limits.front().lower, 32.56504, 5e-6);
  EXPECT_NEAR(chart.level.limits.front().upper, 35.61096, 5e-6);
  EXPECT_THAT(chart.level.Beyond(), ElementsAre(3));  // batch 4, a failure of the temperature controller
}

TEST(ChartsTest, IndividualsWithoutTheFaultyBatchHaveThePublishedLimits) {
  std::vector<double> values = Viscosity();
  values.erase(values.begin() + 3);
  const auto process = EstimateFromIndividuals({values.begin(), values.begin() + 19});
  ASSERT_TRUE(process.ok());
  EXPECT_NEAR(process->sigma, 0.4117415, 5e-8);
  const Chart chart = IndividualsChart(values, *process);
  EXPECT_NEAR(chart.level.limits.front().lower, 32.75425, 5e-6);
  EXPECT_NEAR(chart.level.limits.front().upper, 35.2247, 5e-5);
}

// NIST/SEMATECH e-Handbook, section 6.3.2.2.
TEST(ChartsTest, IndividualsOfFlowRatesHaveThePublishedLimits) {
  const std::vector<double> rates(NistEwma().begin() + 10, NistEwma().end());
  const auto process = EstimateFromIndividuals(rates);
  ASSERT_TRUE(process.ok());
  const Chart chart = IndividualsChart(rates, *process);
  EXPECT_NEAR(chart.level.centre, 50.81, 5e-3);
  EXPECT_NEAR(chart.dispersion.centre, 1.8778, 5e-5);
  EXPECT_NEAR(chart.level.limits.front().upper, 55.8041, 5e-5);
  EXPECT_NEAR(chart.level.limits.front().lower, 45.8159, 5e-5);
  EXPECT_THAT(chart.level.Beyond(), IsEmpty());
  EXPECT_NEAR(chart.dispersion.limits.front().upper, 3.267 * 1.8778, 5e-3);
  EXPECT_FALSE(chart.dispersion.values.front().has_value());
  EXPECT_NEAR(*chart.dispersion.values[4], 3.5, 5e-2);
}

// NIST/SEMATECH e-Handbook, section 6.3.2.4; it prints the limits the exact ones tend to (the lower one cut off, not rounded).
TEST(ChartsTest, EwmaHasThePublishedValuesAndLimits) {
  const std::vector<double> published = {50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33,
                                         50.11, 49.36, 49.52, 50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99};
  const Panel panel = EwmaPanel(NistEwma(), {50, 2.0539}, 0.3, 3);
  ASSERT_EQ(panel.values.size(), published.size());
  for (size_t i = 0; i < published.size(); ++i) EXPECT_NEAR(*panel.values[i], published[i], 5.1e-3) << i;
  EXPECT_NEAR(panel.limits.back().upper, 52.5884, 1e-4);
  EXPECT_NEAR(panel.limits.back().lower, 47.4115, 1e-4);
  EXPECT_THAT(panel.Beyond(), IsEmpty());
}

TEST(ChartsTest, EwmaLimitsWidenFromPointToPointAsPublished) {
  const auto viscosity = EstimateFromIndividuals(BaselineViscosity());
  const Panel single = EwmaPanel(Viscosity(), *viscosity, 0.2, 2.7);
  EXPECT_NEAR(single.limits[0].lower, 33.81387, 5e-6);
  EXPECT_NEAR(single.limits[0].upper, 34.36213, 5e-6);
  EXPECT_NEAR(single.limits[1].lower, 33.73694, 5e-6);
  EXPECT_NEAR(single.limits[1].upper, 34.43906, 5e-6);
  EXPECT_NEAR(single.limits[34].lower, 33.63111, 5e-6);
  EXPECT_NEAR(single.limits[34].upper, 34.54489, 5e-6);

  Process means = *EstimateFromRanges(BaselineRings());
  means.sigma /= std::sqrt(5);
  const Panel grouped = EwmaPanel(MeansOf(BaselineRings()), means, 0.2, 3);
  EXPECT_NEAR(grouped.limits[0].lower, 73.99855, 5.1e-6);
  EXPECT_NEAR(grouped.limits[0].upper, 74.00380, 5.1e-6);
  EXPECT_NEAR(grouped.limits[24].lower, 73.99680, 5.1e-6);
  EXPECT_NEAR(grouped.limits[24].upper, 74.00555, 5.1e-6);
}

// The limits of the first two points and of the steady state are those of Montgomery, section 9.2; the points were computed with an
// independent program.
TEST(ChartsTest, EwmaSeesTheShiftOfTheMean) {
  const Panel panel = EwmaPanel(ShiftedMean(), {10, 1}, 0.1, 2.7);
  EXPECT_NEAR(panel.limits[0].upper, 10.27, 5e-3);
  EXPECT_NEAR(panel.limits[1].upper, 10.36, 5e-3);
  EXPECT_NEAR(panel.limits[29].upper, 10.62, 5e-3);
  EXPECT_NEAR(*panel.values[0], 9.945, 5e-4);
  EXPECT_NEAR(*panel.values[28], 10.64682, 5e-6);
  EXPECT_THAT(panel.Beyond(), ElementsAre(28, 29));
}

// Montgomery, table 9.2: k = 0.5, h = 5.
TEST(ChartsTest, CusumHasThePublishedSums) {
  const std::vector<double> high = {0, 0, 0,    1.16, 2.82, 2.50, 0.04, 1.00, 0,    0,    0,    0.97, 0.98, 0,    0,
                                    0, 0.12, 0, 0,    0.34, 0.74, 0,    1.79, 2.79, 2.89, 3.47, 3.35, 4.47, 5.28, 5.30};
  const CusumChart chart = TabularCusum(ShiftedMean(), {10, 1}, 0.5, 5);
  for (size_t i = 0; i < high.size(); ++i) EXPECT_NEAR(*chart.high.values[i], high[i], 5.1e-3) << i;
  EXPECT_NEAR(*chart.low.values[2], 1.77, 5.1e-3);
  EXPECT_THAT(chart.high.Beyond(), ElementsAre(28, 29));
  EXPECT_THAT(chart.low.Beyond(), IsEmpty());
  EXPECT_EQ(chart.high.limits.front().upper, 5);
}

// NIST/SEMATECH e-Handbook, section 6.3.2.3: target 325, sigma 0.635, k = 0.3175 and h = 4.1959 in the unit of the data.
TEST(ChartsTest, CusumHasTheSumsOfTheHandbook) {
  const std::vector<double> high = {0, 0, 0, 0, 0.03, 0, 0, 0, 0, 0, 0, 0, 3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16.00, 19.04};
  const std::vector<double> low = {0, 0.01, 0, 0.33, 0, 0, 0.56, 0.72, 0.17, 0.25, 0.31, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const CusumChart chart = TabularCusum(NistCusum(), {325, 0.635}, 0.5, 4.1959 / 0.635);
  for (size_t i = 0; i < high.size(); ++i) {
    EXPECT_NEAR(*chart.high.values[i], high[i], 5.1e-3) << i;
    EXPECT_NEAR(*chart.low.values[i], low[i], 5.1e-3) << i;
  }
  EXPECT_THAT(chart.high.Beyond(), ElementsAre(13, 14, 15, 16, 17, 18, 19));
}

TEST(ChartsTest, ValuesWithoutSpreadHaveNoLimits) {
  EXPECT_EQ(EstimateFromIndividuals({50, 50, 50}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(EstimateFromIndividuals({50}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(EstimateFromRanges({}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(EstimateFromStdDevs({{1, 1}, {2, 2}}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ChartsTest, NoValuesMakeAnEmptyChart) {
  EXPECT_THAT(IndividualsChart({}, {50, 1}).level.values, IsEmpty());
  EXPECT_THAT(XbarRChart({}, {50, 1}).level.values, IsEmpty());
  EXPECT_THAT(EwmaPanel({}, {50, 1}, 0.2, 2.7).values, IsEmpty());
}

}  // namespace
}  // namespace egi::spc
