#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/validate/good_items.h"

namespace egi::analyse {
namespace {

using feeding::v1::Meal;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using validate::GoodMeal;

// The severity of the alert of a type, empty when it was not raised.
std::optional<Severity> Raised(const MealVerdict& verdict, const std::string& type) {
  for (const AlertCandidate& alert : verdict.alerts) {
    if (alert.type == type) return alert.severity;
  }
  return std::nullopt;
}

Meal Dosed(double prescribed, double real) {
  Meal meal = GoodMeal();
  meal.set_dose_theorique(prescribed);
  meal.set_dose_reelle(real);
  return meal;
}

TEST(JudgeMeal, GoodMealClearsWhatItMeasures) {
  const MealVerdict verdict = JudgeMeal(GoodMeal(), LotState());
  EXPECT_THAT(verdict.alerts, IsEmpty());
  EXPECT_THAT(verdict.recommendations, IsEmpty());
  EXPECT_NEAR(*verdict.dose_gap_pct, -1.2828, 1e-4);
  EXPECT_THAT(verdict.cleared,
              testing::UnorderedElementsAre("dose_hors_bornes", "dose_ecart", "refus_alimentation", "temperature_stabule",
                                            "humidite_stabule", "mortalite_haute", "silence"));
}

TEST(JudgeMeal, DoseGapWarnsFromTenAndIsCriticalFromTwentyFivePercent) {
  EXPECT_EQ(Raised(JudgeMeal(Dosed(300, 329.9), {}), "dose_ecart"), std::nullopt);
  EXPECT_EQ(Raised(JudgeMeal(Dosed(300, 330), {}), "dose_ecart"), Severity::kWarning);
  EXPECT_EQ(Raised(JudgeMeal(Dosed(300, 270), {}), "dose_ecart"), Severity::kWarning);
  EXPECT_EQ(Raised(JudgeMeal(Dosed(300, 374.9), {}), "dose_ecart"), Severity::kWarning);
  EXPECT_EQ(Raised(JudgeMeal(Dosed(300, 375), {}), "dose_ecart"), Severity::kCritical);
  EXPECT_EQ(Raised(JudgeMeal(Dosed(300, 225), {}), "dose_ecart"), Severity::kCritical);
}

TEST(JudgeMeal, HalfOfTheGapIsCorrectedThenTheWholeGap) {
  const MealVerdict half = JudgeMeal(Dosed(300, 264), {});
  ASSERT_THAT(half.recommendations, SizeIs(1));
  EXPECT_EQ(half.recommendations[0].type(), "dose");
  EXPECT_DOUBLE_EQ(half.recommendations[0].ajustement_dose().value(), 18);
  EXPECT_EQ(half.recommendations[0].message(), "Ajouter 18,0 g par canard au prochain repas");
  EXPECT_EQ(half.recommendations[0].urgence(), "warning");
  const auto& impact = half.recommendations[0].impact_prevu().fields();
  EXPECT_DOUBLE_EQ(impact.at("ecart_corrige_g").number_value(), 18);
  EXPECT_DOUBLE_EQ(impact.at("ecart_restant_g").number_value(), -18);
  EXPECT_DOUBLE_EQ(impact.at("confiance").number_value(), 0.75);
  const MealVerdict whole = JudgeMeal(Dosed(300, 390), {});
  ASSERT_THAT(whole.recommendations, SizeIs(1));
  EXPECT_DOUBLE_EQ(whole.recommendations[0].ajustement_dose().value(), -90);
  EXPECT_EQ(whole.recommendations[0].urgence(), "critical");
}

TEST(JudgeMeal, RefusalIsSeventyPercentOrLess) {
  EXPECT_EQ(Raised(JudgeMeal(Dosed(300, 210.1), {}), "refus_alimentation"), std::nullopt);
  const MealVerdict verdict = JudgeMeal(Dosed(300, 210), {});
  EXPECT_EQ(Raised(verdict, "refus_alimentation"), Severity::kCritical);
  EXPECT_THAT(verdict.recommendations, Contains(testing::Property(&feeding::v1::Recommendation::type, "health")));
}

TEST(JudgeMeal, WithoutPrescribedDoseThereIsNoGap) {
  Meal meal = GoodMeal();
  meal.clear_dose_theorique();
  EXPECT_EQ(JudgeMeal(meal, {}).dose_gap_pct, std::nullopt);
  meal.set_dose_theorique(0);
  EXPECT_EQ(JudgeMeal(meal, {}).dose_gap_pct, std::nullopt);
  EXPECT_THAT(JudgeMeal(meal, {}).cleared, Not(Contains("dose_ecart")));
}

TEST(JudgeMeal, DoseOfSevenHundredSeventyGramsIsProbablyATypingError) {
  EXPECT_EQ(Raised(JudgeMeal(Dosed(770, 770), {}), "dose_hors_bornes"), Severity::kWarning);
  EXPECT_EQ(Raised(JudgeMeal(Dosed(600, 600), {}), "dose_hors_bornes"), std::nullopt);
  EXPECT_EQ(Raised(JudgeMeal(Dosed(99, 99), {}), "dose_hors_bornes"), Severity::kWarning);
}

TEST(JudgeMeal, TemperatureBoundsAreInclusive) {
  const std::pair<double, std::optional<Severity>> cases[] = {
      {15, Severity::kCritical}, {15.1, Severity::kImportant}, {18, Severity::kImportant}, {18.1, std::nullopt},
      {24.9, std::nullopt},      {25, Severity::kImportant},   {27.9, Severity::kImportant}, {28, Severity::kCritical}};
  for (const auto& [t, severity] : cases) {
    Meal meal = GoodMeal();
    meal.set_temperature_stabule(t);
    EXPECT_EQ(Raised(JudgeMeal(meal, {}), "temperature_stabule"), severity) << t;
  }
}

TEST(JudgeMeal, HumidityOfSeventyFiveIsNormalAndFiftyIsNot) {
  const std::pair<double, std::optional<Severity>> cases[] = {
      {50, Severity::kImportant}, {50.1, std::nullopt}, {75, std::nullopt}, {75.1, Severity::kImportant}};
  for (const auto& [h, severity] : cases) {
    Meal meal = GoodMeal();
    meal.set_humidite_stabule(h);
    EXPECT_EQ(Raised(JudgeMeal(meal, {}), "humidite_stabule"), severity) << h;
  }
}

TEST(JudgeMeal, MortalityWarnsFromThreeAndIsCriticalFromFivePercent) {
  const std::pair<double, std::optional<Severity>> cases[] = {
      {2.99, std::nullopt}, {3, Severity::kWarning}, {4.99, Severity::kWarning}, {5, Severity::kCritical}};
  for (const auto& [rate, severity] : cases) {
    Meal meal = GoodMeal();
    meal.set_taux_mortalite(rate);
    EXPECT_EQ(Raised(JudgeMeal(meal, {}), "mortalite_haute"), severity) << rate;
  }
}

TEST(JudgeMeal, MortalityFollowsFromTheBirdsWhenItIsNotTold) {
  Meal meal = GoodMeal();
  meal.clear_taux_mortalite();
  meal.set_nb_canards_vivants(95);
  LotState lot;
  lot.birds_placed = 100;
  EXPECT_EQ(Raised(JudgeMeal(meal, lot), "mortalite_haute"), Severity::kCritical);
  lot.birds_placed = 0;
  const MealVerdict unknown = JudgeMeal(meal, lot);
  EXPECT_EQ(Raised(unknown, "mortalite_haute"), std::nullopt);
  EXPECT_THAT(unknown.cleared, Not(Contains("mortalite_haute")));
}

TEST(JudgeMeal, WeightLossIsImportantFromEightyAndCriticalFromHundredFiftyGrams) {
  const std::pair<double, std::optional<Severity>> cases[] = {{5000, std::nullopt},
                                                              {4920.1, std::nullopt},
                                                              {4920, Severity::kImportant},
                                                              {4850.1, Severity::kImportant},
                                                              {4850, Severity::kCritical}};
  for (const auto& [weight, severity] : cases) {
    Meal meal = GoodMeal();
    meal.set_poids_moyen(weight);
    LotState lot;
    lot.previous_weight_g = 5000;
    EXPECT_EQ(Raised(JudgeMeal(meal, lot), "perte_poids"), severity) << weight;
  }
}

TEST(JudgeMeal, MeanGainOverThreeDaysOfFiftyGramsIsLow) {
  const std::pair<double, std::optional<Severity>> cases[] = {{5151, std::nullopt},
                                                              {5150, Severity::kImportant},
                                                              {5091, Severity::kImportant},
                                                              {5090, Severity::kCritical}};
  for (const auto& [weight, severity] : cases) {
    Meal meal = GoodMeal();
    meal.set_poids_moyen(weight);
    LotState lot;
    lot.weight_three_days_ago_g = 5000;
    EXPECT_EQ(Raised(JudgeMeal(meal, lot), "gain_faible"), severity) << weight;
  }
}

TEST(JudgeMeal, UnknownWeightsNeitherRaiseNorClear) {
  const MealVerdict verdict = JudgeMeal(GoodMeal(), LotState());
  EXPECT_THAT(verdict.cleared, Not(Contains("perte_poids")));
  EXPECT_THAT(verdict.cleared, Not(Contains("gain_faible")));
}

TEST(JudgeMeal, AnnouncementOfALotIsNotJudged) {
  Meal meal = Dosed(300, 0);
  meal.set_jour(-1);
  const MealVerdict verdict = JudgeMeal(meal, {});
  EXPECT_THAT(verdict.alerts, IsEmpty());
  EXPECT_THAT(verdict.cleared, IsEmpty());
}

TEST(JudgeMeal, MessagesAreFrenchWithFigures) {
  const MealVerdict verdict = JudgeMeal(Dosed(300, 337.5), {});
  ASSERT_THAT(verdict.alerts, SizeIs(1));
  EXPECT_EQ(verdict.alerts[0].message, "Dose de 337,5 g pour 300,0 g prescrits (écart +12,5 %)");
  EXPECT_EQ(verdict.alerts[0].observed, 337.5);
  EXPECT_EQ(verdict.alerts[0].expected, 300);
  EXPECT_DOUBLE_EQ(*verdict.alerts[0].gap_pct, 12.5);
  EXPECT_THAT(verdict.alerts[0].context_json, HasSubstr(R"("valeur": 337.5)"));
}

}  // namespace
}  // namespace egi::analyse
