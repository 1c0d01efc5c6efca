#include "server/performance/itm.h"

#include <cmath>

#include "gtest/gtest.h"
#include "server/performance/strain.h"

namespace egi::performance {
namespace {

LotFacts Running() {
  LotFacts facts;
  facts.statut = "en_gavage";
  facts.genetique = "Mulard";
  facts.planned_days = 10;
  facts.corn_given_g = 3000;
  facts.curve_total_g = 7800;
  facts.curve_left_g = 4800;
  facts.birds_alive = 990;
  return facts;
}

LotFacts Finished() {
  LotFacts facts;
  facts.statut = "termine";
  facts.souche = "CF80* - M15 V2E SFM";
  facts.corn_given_g = 8000;
  facts.birds_alive = 985;
  return facts;
}

// domain.md section 4: A <= 12.5, B <= 14, C <= 15.5, D <= 17, E above.
TEST(ItmTest, ClassesHaveTheirUpperBound) {
  EXPECT_STREQ(ItmClass(12.5), "A");
  EXPECT_STREQ(ItmClass(12.51), "B");
  EXPECT_STREQ(ItmClass(14), "B");
  EXPECT_STREQ(ItmClass(15.5), "C");
  EXPECT_STREQ(ItmClass(15.51), "D");
  EXPECT_STREQ(ItmClass(17), "D");
  EXPECT_STREQ(ItmClass(17.01), "E");
}

TEST(ItmTest, AStoredItmIsFinalAndImpliesTheLiver) {
  LotFacts facts = Finished();
  facts.itm = 16;
  facts.birds_hung = 980;
  facts.sensed_liver_g = {5, 540, 50};
  const auto itm = ItmOf(facts);
  EXPECT_EQ(itm.nature(), "final");
  EXPECT_EQ(itm.valeur().value(), 16);
  EXPECT_EQ(itm.classe().value(), "D");
  EXPECT_DOUBLE_EQ(itm.poids_foie_g().value(), 500);
  EXPECT_EQ(itm.source_foie(), "itm");
  const auto production = ProductionOf(facts, itm);
  EXPECT_DOUBLE_EQ(production.foie_kg().value(), 490);
  EXPECT_EQ(production.nature(), "final");
}

TEST(ItmTest, WeighedLiversAreToldAsSuch) {
  LotFacts facts = Finished();
  facts.itm = 16;
  facts.liver_g = 500;
  EXPECT_EQ(ItmOf(facts).source_foie(), "pese");
}

TEST(ItmTest, SensorsEstimateAFinishedLotOnly) {
  LotFacts facts = Finished();
  facts.sensed_liver_g = {5, 500, 50};
  auto itm = ItmOf(facts);
  EXPECT_EQ(itm.nature(), "estimation_capteurs");
  EXPECT_DOUBLE_EQ(itm.valeur().value(), 16);
  EXPECT_EQ(itm.effectif(), 5);
  const auto production = ProductionOf(facts, itm);
  EXPECT_EQ(production.nature(), "estimation_capteurs");
  EXPECT_DOUBLE_EQ(production.foie_kg().value(), 492.5);
  facts = Running();
  facts.sensed_liver_g = {5, 500, 50};
  EXPECT_EQ(ItmOf(facts).nature(), "projection");
}

TEST(ItmTest, ProjectionIsPlannedCornOverExpectedLiver) {
  LotFacts facts = Running();
  auto itm = ItmOf(facts);
  EXPECT_EQ(itm.nature(), "projection");
  EXPECT_DOUBLE_EQ(itm.valeur().value(), 15);  // 7800 / 520
  EXPECT_EQ(itm.source_mais(), "courbe_souche");
  EXPECT_EQ(itm.source_foie(), "reference");
  EXPECT_FALSE(itm.has_minimum());
  facts.corn_goal_g = 8450;  // the meals to come give 4800 * 8450 / 7800
  itm = ItmOf(facts);
  EXPECT_EQ(itm.source_mais(), "objectif");
  EXPECT_DOUBLE_EQ(itm.mais_kg().value(), 8.2);
  facts.own_curve = true;
  itm = ItmOf(facts);
  EXPECT_EQ(itm.source_mais(), "courbe_lot");
  EXPECT_DOUBLE_EQ(itm.mais_kg().value(), 7.8) << "a curve in force is the plan itself";
  facts.own_curve = false;
  itm = ItmOf(facts);
  EXPECT_EQ(ProductionOf(facts, itm).nature(), "projection");
  EXPECT_DOUBLE_EQ(ProductionOf(facts, itm).foie_kg().value(), 990 * 0.52);
}

TEST(ItmTest, FiveEarlierLotsReplaceTheReferenceAndGiveAnInterval) {
  LotFacts facts = Running();
  facts.earlier_liver_g = {4, 600, 60};
  EXPECT_EQ(ItmOf(facts).source_foie(), "reference");
  facts.earlier_liver_g.count = 5;
  const auto itm = ItmOf(facts);
  EXPECT_EQ(itm.source_foie(), "historique");
  EXPECT_DOUBLE_EQ(itm.valeur().value(), 13);
  EXPECT_EQ(itm.classe().value(), "B");
  EXPECT_NEAR(itm.minimum().value(), 7800 / (600 + 1.28155 * 60), 1e-4);
  EXPECT_NEAR(itm.maximum().value(), 7800 / (600 - 1.28155 * 60), 1e-4);
}

TEST(ItmTest, NothingKnownIsUnknownAndNeverZero) {
  LotFacts facts;
  facts.statut = "en_preparation";
  EXPECT_EQ(ItmOf(facts).nature(), "inconnu");
  EXPECT_FALSE(ItmOf(facts).has_valeur());
  EXPECT_EQ(ProductionOf(facts, ItmOf(facts)).nature(), "inconnu");
  facts.statut = "termine";  // imported without corn
  EXPECT_EQ(ItmOf(facts).nature(), "inconnu");
  EXPECT_EQ(SigmaOf(facts).nature(), "inconnu");
}

// Vangel (1996): for k = 0.15 and n = 10 the interval follows from the chi-square quantiles 19.0228 and 2.7004 (NIST tables, 9 degrees).
TEST(ItmTest, IntervalOfACoefficientOfVariation) {
  const auto interval = IntervalOfCv(0.15, 10);
  EXPECT_NEAR(interval.lower, 0.15 / std::sqrt(((19.0228 + 2) / 10 - 1) * 0.0225 + 19.0228 / 9), 1e-5);
  ASSERT_TRUE(interval.upper.has_value());
  EXPECT_NEAR(*interval.upper, 0.15 / std::sqrt(((2.7004 + 2) / 10 - 1) * 0.0225 + 2.7004 / 9), 1e-4);
  EXPECT_FALSE(IntervalOfCv(0.5, 5).upper.has_value()) << "five livers do not bound a wide spread";
}

TEST(ItmTest, SigmaIsMeasuredElseEstimatedWithItsInterval) {
  LotFacts facts = Finished();
  facts.sensed_liver_g = {5, 500, 75};
  auto sigma = SigmaOf(facts);
  EXPECT_EQ(sigma.nature(), "estimation_capteurs");
  EXPECT_DOUBLE_EQ(sigma.valeur().value(), 0.15);
  EXPECT_LT(sigma.minimum().value(), 0.15);
  EXPECT_GT(sigma.maximum().value(), 0.4) << "five livers are not enough";
  EXPECT_EQ(sigma.effectif(), 5);
  facts.sigma = 0.17;
  sigma = SigmaOf(facts);
  EXPECT_EQ(sigma.nature(), "final");
  EXPECT_DOUBLE_EQ(sigma.valeur().value(), 0.17);
}

TEST(ItmTest, StrainsOfTheCampaignAreCrosses) {
  EXPECT_EQ(SpeciesOf("", "CF80* - M15 V2E SFM"), Species::kMulard);
  EXPECT_EQ(SpeciesOf("", "MMG AS - PKLC"), Species::kMulard);
  EXPECT_EQ(SpeciesOf("Pékin", "MMG AS - PKL*"), Species::kPekin) << "what is told wins";
  EXPECT_EQ(SpeciesOf("", "Pékin"), Species::kPekin) << "a strain may be a breed";
  EXPECT_EQ(SpeciesOf("", "BARBARIE"), Species::kBarbarie);
  EXPECT_EQ(SpeciesOf("", ""), Species::kUnknown);
  EXPECT_DOUBLE_EQ(ReferenceLiverG("", "Pékin"), ReferenceLiverG("Pékin", ""));
  EXPECT_EQ(ReferenceLiverG("", "MMG AS - PKL*"), 525);
  EXPECT_EQ(ReferenceLiverG("", "MMG AS - PKLC"), 593);
  EXPECT_EQ(ReferenceLiverG("Mixte", ""), 523);
}

}  // namespace
}  // namespace egi::performance
