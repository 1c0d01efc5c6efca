#include "clients/cli/spc.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::cli {
namespace {

// Values 51, 53, 58 with the limits 44 and 56 around 50; 58 breaks a rule.
egi::quality::v1::GetChartResponse Chart() {
  egi::quality::v1::GetChartResponse chart;
  auto* panel = chart.add_panels();
  panel->set_statistic("individual");
  panel->set_centre_line(50);
  for (double value : {51.0, 53.0, 58.0}) {
    auto* point = panel->add_values();
    point->mutable_value()->set_value(value);
    point->set_lower_limit(44);
    point->set_upper_limit(56);
  }
  auto* violation = chart.add_violations();
  violation->set_statistic("individual");
  violation->set_index(2);
  return chart;
}

TEST(ChartTextTest, PointsLimitsAndViolationsStandAtTheirHeight) {
  EXPECT_EQ(ChartText(Chart(), 80),
            "individual\n"
            "          58 |  X\n"
            "      56.833 |   \n"
            "      55.667 |===\n"
            "        54.5 |   \n"
            "      53.333 | o \n"
            "      52.167 |   \n"
            "          51 |o  \n"
            "      49.833 |---\n"
            "      48.667 |   \n"
            "        47.5 |   \n"
            "      46.333 |   \n"
            "      45.167 |   \n"
            "          44 |===\n");
}

TEST(ChartTextTest, AViolationIsSeenHoweverManyPointsShareItsColumn) {
  EXPECT_THAT(ChartText(Chart(), 1), testing::AllOf(testing::HasSubstr("|X\n"), testing::Not(testing::HasSubstr("|o"))));
}

TEST(ChartTextTest, AChartWithoutPointsIsDrawnEmpty) {
  egi::quality::v1::GetChartResponse chart;
  chart.add_panels()->set_statistic("range");
  EXPECT_THAT(ChartText(chart, 80), testing::StartsWith("range\n"));
}

}  // namespace
}  // namespace egi::cli
