#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/validate/good_items.h"

namespace egi::analyse {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// A meal of `weight_g` where the curve says 5000 g, judged by this rule only.
MealVerdict Weighed(double weight_g) {
  feeding::v1::Meal meal = validate::GoodMeal();
  meal.set_poids_moyen(weight_g);
  LotState lot;
  lot.curve_weight_g = 5000;
  MealVerdict verdict;
  JudgeWeightCurve(meal, lot, {}, verdict);
  return verdict;
}

std::optional<Severity> Raised(double weight_g) {
  const MealVerdict verdict = Weighed(weight_g);
  return verdict.alerts.empty() ? std::nullopt : std::optional(verdict.alerts[0].severity);
}

// domain.md section 9: 5 % info, 10 % warning, 25 % critical.
TEST(JudgeWeightCurve, FivePercentInformsTenWarnsTwentyFiveIsCritical) {
  EXPECT_EQ(Raised(5249), std::nullopt);
  EXPECT_EQ(Raised(5250), Severity::kInfo);
  EXPECT_EQ(Raised(4750), Severity::kInfo);
  EXPECT_EQ(Raised(5500), Severity::kWarning);
  EXPECT_EQ(Raised(4500), Severity::kWarning);
  EXPECT_EQ(Raised(6250), Severity::kCritical);
  EXPECT_EQ(Raised(3750), Severity::kCritical);
}

TEST(JudgeWeightCurve, AlertNamesBothWeightsAndTheGap) {
  const MealVerdict verdict = Weighed(4400);
  ASSERT_THAT(verdict.alerts, SizeIs(1));
  EXPECT_EQ(verdict.alerts[0].type, "poids_courbe");
  EXPECT_EQ(verdict.alerts[0].message, "Poids moyen de 4400,0 g pour 5000,0 g à la courbe (écart -12,0 %)");
  EXPECT_DOUBLE_EQ(*verdict.alerts[0].gap_pct, -12);
}

// domain.md section 9: beyond 10 %, +50 g if late, -30 g if ahead.
TEST(JudgeWeightCurve, DoseIsCorrectedBeyondTenPercent) {
  EXPECT_THAT(Weighed(4500).recommendations, IsEmpty()) << "10 % itself is not beyond";
  ASSERT_THAT(Weighed(4400).recommendations, SizeIs(1));
  EXPECT_DOUBLE_EQ(Weighed(4400).recommendations[0].ajustement_dose().value(), 50);
  EXPECT_DOUBLE_EQ(Weighed(5600).recommendations[0].ajustement_dose().value(), -30);
  EXPECT_THAT(Weighed(5600).recommendations[0].message(), HasSubstr("retirer 30,0 g"));
}

TEST(JudgeWeightCurve, WeightWellInRangeClearsAndOneAtTheEdgeDoesNot) {
  EXPECT_THAT(Weighed(5000).cleared, Contains("poids_courbe"));
  EXPECT_THAT(Weighed(5240).cleared, IsEmpty());
}

TEST(JudgeWeightCurve, WithoutCurveOrWeightNothingIsSaid) {
  feeding::v1::Meal meal = validate::GoodMeal();
  meal.set_poids_moyen(1000);
  EXPECT_THAT(JudgeMeal(meal, LotState()).cleared, Not(Contains("poids_courbe")));
  LotState lot;
  lot.curve_weight_g = 5000;
  meal.clear_poids_moyen();
  MealVerdict verdict;
  JudgeWeightCurve(meal, lot, {}, verdict);
  EXPECT_THAT(verdict.alerts, IsEmpty());
  EXPECT_THAT(verdict.cleared, IsEmpty());
}

TEST(JudgeWeightCurve, JudgeMealAppliesIt) {
  feeding::v1::Meal meal = validate::GoodMeal();
  LotState lot;
  lot.curve_weight_g = meal.poids_moyen() * 2;
  const MealVerdict verdict = JudgeMeal(meal, lot);
  ASSERT_THAT(verdict.alerts, SizeIs(1));
  EXPECT_EQ(verdict.alerts[0].severity, Severity::kCritical);
}

}  // namespace
}  // namespace egi::analyse
