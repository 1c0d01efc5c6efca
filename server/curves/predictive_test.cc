#include "server/curves/predictive.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/curves/reference.h"

namespace egi::curves {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

TEST(Predict, WithoutMealsTheWholePlanIsExpected) {
  const std::vector<double> plan = DosesOf(*ReferenceNamed("Mulard"), 24);
  const Prediction prediction = Predict({plan, {}, true});
  EXPECT_EQ(prediction.first, 0);
  EXPECT_FALSE(prediction.gap_g.has_value());
  EXPECT_THAT(prediction.doses_g, ElementsAreArray(plan)) << "also where the reference grows by more than 15 % a day";
}

// domain.md section 7.4: more than 20 g 80/20, more than 10 g 65/35, else 50/50.
TEST(Predict, BlendTrustsThePlanMoreTheFartherTheMealsAreFromIt) {
  const std::vector<double> plan(8, 400);
  EXPECT_DOUBLE_EQ(Predict({plan, {{0, 410}, {1, 410}}, false}).plan_share, 0.5);
  EXPECT_DOUBLE_EQ(Predict({plan, {{0, 411}, {1, 411}}, false}).plan_share, 0.65);
  EXPECT_DOUBLE_EQ(Predict({plan, {{0, 380}, {1, 380}}, false}).plan_share, 0.65);
  EXPECT_DOUBLE_EQ(Predict({plan, {{0, 379}, {1, 379}}, false}).plan_share, 0.8);
}

// Gap 8 g, half of it at the newest meal (place 3), a quarter half way (place 5.5), none at the last (place 8): the three lie on no line but on y = 4, 2, 0 of
// places 3, 5.5 and 8, so the spline is that line.
TEST(Predict, DeviationFadesOutToTheEndOfThePlan) {
  const Prediction prediction = Predict({std::vector<double>(9, 400), {{0, 400}, {1, 400}, {2, 408}, {3, 408}}, false});
  EXPECT_DOUBLE_EQ(*prediction.gap_g, 8);
  EXPECT_EQ(prediction.first, 4);
  EXPECT_THAT(prediction.doses_g, ElementsAre(403.2, 402.4, 401.6, 400.8, 400));
}

// y0 = 6, y1 = 1.2, y2 = 0, h = 2 by hand: curvature 1.5 (6 - 2.4) / 4 = 1.35; at 1: 3 + 0.6 - 1.35 * 4 / 6 * (0.5 - 0.125) = 3.2625; at 3: 0.6 - 0.3375 = 0.2625.
TEST(Predict, SplineIsTheNaturalCubicOne) {
  const Prediction prediction = Predict({std::vector<double>(6, 400), {{0, 430}, {1, 430}}, false});
  EXPECT_DOUBLE_EQ(prediction.plan_share, 0.8);
  EXPECT_THAT(prediction.doses_g, ElementsAre(403.3, 401.2, 400.3, 400));
}

TEST(Predict, StepFromDayToDayIsBounded) {
  // 100 g were given where 400 are planned: 15 % of 100 g a day is all that may be added, until the bound of the lowest dose is reached by such steps.
  const Prediction prediction = Predict({std::vector<double>(8, 400), {{0, 100}, {1, 100}}, false});
  EXPECT_THAT(prediction.doses_g, ElementsAre(115, 115, 132.3, 132.3, 152.1, 152.1));
}

TEST(Predict, DosesStayWithinTheirBounds) {
  const std::vector<double> plan(8, 745);
  EXPECT_DOUBLE_EQ(Predict({plan, {{0, 790}, {1, 790}}, true}).doses_g.front(), 750) << "not above 750 g for Mulards";
  EXPECT_DOUBLE_EQ(Predict({plan, {{0, 790}, {1, 790}}, false}).doses_g.front(), 751.2);
  EXPECT_DOUBLE_EQ(Predict({plan, {{0, 800}, {1, 800}}, true}).doses_g.front(), 755) << "45 g less than the day before";
}

TEST(Predict, SkippedMealAndFinishedLot) {
  EXPECT_EQ(Predict({std::vector<double>(8, 400), {{0, 400}, {3, 400}}, false}).first, 4);
  EXPECT_THAT(Predict({{400, 400}, {{0, 400}, {1, 380}}, false}).doses_g, IsEmpty());
  EXPECT_THAT(Predict({{400, 400}, {{0, 400}, {5, 380}}, false}).doses_g, IsEmpty()) << "meals beyond the plan";
}

}  // namespace
}  // namespace egi::curves
