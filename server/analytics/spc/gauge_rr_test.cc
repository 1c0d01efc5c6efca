// The published figures are those Minitab 19 prints for the study of AIAG (worksheet gageaiag, help page of the crossed gage R&R study);
// tolerances are half a unit of the last digit.
#include "server/analytics/spc/gauge_rr.h"

#include <cmath>

#include "gtest/gtest.h"
#include "server/analytics/spc/reference_data.h"

namespace egi::spc {
namespace {

void ExpectLine(const AnovaLine& line, const std::string& source, int degrees, double squares, double mean_square, double f) {
  SCOPED_TRACE(source);
  EXPECT_EQ(line.source, source);
  EXPECT_EQ(line.degrees, degrees);
  EXPECT_NEAR(line.sum_of_squares, squares, 5e-5);
  if (mean_square > 0) {
    EXPECT_NEAR(*line.mean_square, mean_square, 5.1e-6);
  }
  if (f > 0) {
    EXPECT_NEAR(*line.f, f, 5e-4);
  }
}

const GaugeComponent& Component(const GaugeResult& result, const std::string& source) {
  for (const GaugeComponent& component : result.components) {
    if (component.source == source) return component;
  }
  ADD_FAILURE() << source << " is missing";
  return result.components.front();
}

void ExpectComponent(const GaugeResult& result, const std::string& source, double variance, double contribution, double study) {
  SCOPED_TRACE(source);
  const GaugeComponent& component = Component(result, source);
  EXPECT_NEAR(component.variance, variance, 5.1e-6);
  EXPECT_NEAR(component.contribution_pct, contribution, 5e-3);
  EXPECT_NEAR(component.study_variation_pct, study, 5e-3);
  EXPECT_NEAR(component.std_dev, std::sqrt(component.variance), 1e-12);
}

TEST(GaugeRrTest, TableWithInteractionIsThePublishedOne) {
  const auto result = AnalyseGauge(AiagStudy(), {});
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->full.size(), 5u);
  ExpectLine(result->full[0], "part", 9, 88.3619, 9.81799, 492.291);
  ExpectLine(result->full[1], "appraiser", 2, 3.1673, 1.58363, 79.406);
  ExpectLine(result->full[2], "appraiser_by_part", 18, 0.3590, 0.01994, 0.434);
  ExpectLine(result->full[3], "repeatability", 60, 2.7589, 0.04598, 0);
  ExpectLine(result->full[4], "total", 89, 94.6471, 0, 0);
  EXPECT_NEAR(*result->full[2].p, 0.974, 5e-4);
  EXPECT_LT(*result->full[0].p, 5e-4);
}

TEST(GaugeRrTest, InteractionIsPooledAndTheComponentsAreThePublishedOnes) {
  GaugeOptions options;
  options.tolerance = 8;
  const auto result = AnalyseGauge(AiagStudy(), options);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->interaction_pooled);
  ASSERT_EQ(result->reduced.size(), 4u);
  ExpectLine(result->reduced[0], "part", 9, 88.3619, 9.81799, 245.614);
  ExpectLine(result->reduced[1], "appraiser", 2, 3.1673, 1.58363, 39.617);
  ExpectLine(result->reduced[2], "repeatability", 78, 3.1179, 0.03997, 0);
  ExpectComponent(*result, "gauge_rr", 0.09143, 7.76, 27.86);
  ExpectComponent(*result, "repeatability", 0.03997, 3.39, 18.42);
  ExpectComponent(*result, "reproducibility", 0.05146, 4.37, 20.90);
  ExpectComponent(*result, "appraiser", 0.05146, 4.37, 20.90);
  ExpectComponent(*result, "part_to_part", 1.08645, 92.24, 96.04);
  ExpectComponent(*result, "total", 1.17788, 100, 100);
  EXPECT_NEAR(*Component(*result, "gauge_rr").tolerance_pct, 22.68, 5e-3);
  EXPECT_NEAR(result->grr_pct, 27.86, 5e-3);
  EXPECT_EQ(result->ndc, 4);
  EXPECT_EQ(result->verdict, "unacceptable");
}

TEST(GaugeRrTest, InteractionStaysWhenItIsNotToBePooled) {
  GaugeOptions options;
  options.pooling_alpha = 1;
  const auto result = AnalyseGauge(AiagStudy(), options);
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->interaction_pooled);
  EXPECT_EQ(Component(*result, "appraiser_by_part").variance, 0) << "a negative estimate is 0";
  EXPECT_NEAR(Component(*result, "repeatability").variance, 0.04598, 5.1e-6);
  EXPECT_NEAR(Component(*result, "appraiser").variance, (1.58363 - 0.01994) / 30, 1e-5);
}

// parts x appraisers x 2, the appraisers disagree on every second part by 2.
TEST(GaugeRrTest, ARealInteractionIsKept) {
  GaugeValues values;
  for (int part = 0; part < 6; ++part) {
    const double disagreement = part % 2 == 0 ? 2 : -2;
    values.push_back({{part + 0.01, part - 0.01}, {part + disagreement + 0.01, part + disagreement - 0.01}});
  }
  const auto result = AnalyseGauge(values, {});
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->interaction_pooled);
  EXPECT_NEAR(Component(*result, "appraiser_by_part").variance, (*result->full[2].mean_square - *result->full[3].mean_square) / 2, 1e-9);
  EXPECT_EQ(result->verdict, "unacceptable");
}

TEST(GaugeRrTest, APreciseGaugeIsAcceptable) {
  GaugeValues values;
  for (int part = 0; part < 10; ++part) values.push_back({{part + 0.01, part - 0.01}, {part + 0.02, part - 0.01}});
  const auto result = AnalyseGauge(values, {});
  ASSERT_TRUE(result.ok());
  EXPECT_LT(result->grr_pct, 1);
  EXPECT_GT(result->ndc, 100);
  EXPECT_EQ(result->verdict, "acceptable");
}

TEST(GaugeRrTest, IncompleteStudiesAreRefusedWithTheReason) {
  const auto message = [](const GaugeValues& values) { return std::string(AnalyseGauge(values, {}).status().message()); };
  EXPECT_EQ(message({{{1, 2}, {1, 2}}}), "a study needs at least 2 parts, there are 1");
  EXPECT_EQ(message({{{1, 2}}, {{1, 2}}}), "a study needs at least 2 appraisers, there are 1");
  EXPECT_EQ(message({{{1}, {2}}, {{1}, {2}}}), "each part must be measured at least twice, there are 1");
  EXPECT_EQ(message({{{1, 2}, {1, 2}}, {{1, 2}}}), "every appraiser must measure every part");
  EXPECT_EQ(message({{{1, 2}, {1, 2}}, {{1, 2}, {1, 2, 3}}}), "every appraiser must measure every part equally often");
  EXPECT_EQ(message({{{1, 2}, {1, 2}}, {{1, 2}, {1, NAN}}}), "a measurement is not a finite number");
  EXPECT_EQ(AnalyseGauge({{{1, 1}, {1, 1}}, {{1, 1}, {1, 1}}}, {}).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AnalyseGauge(AiagStudy(), {0.25, -1.0}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace egi::spc
