#include "server/performance/compliance.h"

#include <map>
#include <string>

#include "gtest/gtest.h"
#include "server/performance/itm.h"

namespace egi::performance {
namespace {

using feeding::v1::ComplianceRule;
using feeding::v1::LabelCompliance;

// A lot of mule ducks that has just been opened: 10 days, 20 meals.
LotFacts Opened() {
  LotFacts facts;
  facts.statut = "en_preparation";
  facts.genetique = "Mulard";
  facts.age_days = 90;
  facts.planned_days = 10;
  facts.meals_left = 20;
  facts.curve_total_g = facts.curve_left_g = 7800;
  return facts;
}

LotFacts Finished() {
  LotFacts facts = Opened();
  facts.statut = "abattu";
  facts.real_days = 10;
  facts.meals_given = 20;
  facts.meals_left = 0;
  facts.corn_given_g = 8000;
  facts.itm = 16;
  facts.liver_g = 500;
  facts.sigma = 0.1;
  return facts;
}

LabelCompliance Label(const LotFacts& facts, const std::string& name) {
  for (auto& label : ComplianceOf(facts, ItmOf(facts))) {
    if (label.label() == name) return label;
  }
  ADD_FAILURE() << name << " is not judged";
  return {};
}

ComplianceRule Rule(const LotFacts& facts, const std::string& label, const std::string& name) {
  const LabelCompliance judged = Label(facts, label);
  for (const auto& rule : judged.regles()) {
    if (rule.regle() == name) return rule;
  }
  ADD_FAILURE() << name << " is no rule of " << label;
  return {};
}

TEST(ComplianceTest, AGoodPlanIsOnTrackBeforeTheFirstMeal) {
  EXPECT_EQ(Label(Opened(), kEu).statut(), "en_bonne_voie");
  const LabelCompliance pgi = Label(Opened(), kPgi);
  EXPECT_EQ(pgi.statut(), "en_bonne_voie");
  EXPECT_EQ(pgi.nb_regles(), 5);
  EXPECT_EQ(pgi.nb_regles_tenues(), 5);
  const ComplianceRule meals = Rule(Opened(), kPgi, "repas");
  EXPECT_EQ(meals.valeur().value(), 0);
  EXPECT_EQ(meals.prevu().value(), 20);
  EXPECT_EQ(meals.limite().value(), 20);
}

TEST(ComplianceTest, NinePlannedDaysFailThePgiWhenTheLotIsOpened) {
  LotFacts facts = Opened();
  facts.planned_days = 9;
  facts.meals_left = 18;
  EXPECT_EQ(Label(facts, kEu).statut(), "en_bonne_voie");
  EXPECT_EQ(Label(facts, kPgi).statut(), "compromis");
  EXPECT_EQ(Rule(facts, kPgi, "duree").statut(), "compromis");
  EXPECT_EQ(Rule(facts, kPgi, "repas").message(), "Le plan mène à 18 repas : prolonger le gavage d'au moins 2 repas.");
}

TEST(ComplianceTest, OneSkippedMealOfTwentyThreatensThePgiAtOnce) {
  LotFacts facts = Opened();
  facts.statut = "en_gavage";
  facts.days_fed = 4;
  facts.meals_given = 7;
  facts.meals_left = 12;
  EXPECT_EQ(Rule(facts, kPgi, "duree").statut(), "en_bonne_voie");
  EXPECT_EQ(Rule(facts, kPgi, "repas").statut(), "compromis");
  EXPECT_EQ(Rule(facts, kPgi, "repas").prevu().value(), 19);
  facts.planned_days = 11;
  facts.meals_left = 14;
  EXPECT_EQ(Rule(facts, kPgi, "repas").statut(), "en_bonne_voie") << "a day more makes it good";
}

TEST(ComplianceTest, WhatIsReachedIsMetBeforeTheEnd) {
  LotFacts facts = Opened();
  facts.statut = "en_gavage";
  facts.planned_days = 12;
  facts.days_fed = 10;
  facts.meals_given = 20;
  facts.meals_left = 4;
  EXPECT_EQ(Rule(facts, kPgi, "duree").statut(), "conforme");
  EXPECT_EQ(Rule(facts, kPgi, "repas").statut(), "conforme");
}

TEST(ComplianceTest, PekinIsNeverFoieGras) {
  LotFacts facts = Opened();
  facts.genetique = "Pékin";
  EXPECT_EQ(Label(facts, kEu).statut(), "non_conforme");
  EXPECT_EQ(Label(facts, kPgi).statut(), "non_conforme");
  facts.genetique = "Mixte";
  EXPECT_EQ(Rule(facts, kEu, "espece").statut(), "compromis");
  facts.genetique = "";
  EXPECT_EQ(Rule(facts, kEu, "espece").statut(), "inconnu");
  facts.souche = "MMG AS - PKL*";
  EXPECT_EQ(Rule(facts, kEu, "espece").statut(), "conforme");
}

// sensors.md section 4: mulard 81 days, Barbarie 82.
TEST(ComplianceTest, AgeBoundsDifferByBreed) {
  LotFacts facts = Opened();
  facts.age_days = 81;
  EXPECT_EQ(Rule(facts, kPgi, "age").statut(), "conforme");
  facts.age_days = 80;
  EXPECT_EQ(Rule(facts, kPgi, "age").statut(), "non_conforme");
  facts.genetique = "Barbarie";
  facts.age_days = 81;
  EXPECT_EQ(Rule(facts, kPgi, "age").statut(), "non_conforme");
  facts.age_days = 82;
  EXPECT_EQ(Rule(facts, kPgi, "age").statut(), "conforme");
  facts.genetique = "";
  facts.age_days = 81;
  EXPECT_EQ(Rule(facts, kPgi, "age").statut(), "inconnu");
  facts.age_days.reset();
  EXPECT_EQ(Rule(facts, kPgi, "age").statut(), "inconnu");
}

TEST(ComplianceTest, AFinishedLotIsJudgedForGood) {
  EXPECT_EQ(Label(Finished(), kPgi).statut(), "conforme");
  LotFacts facts = Finished();
  facts.real_days = 9;
  facts.meals_given = 18;
  EXPECT_EQ(Label(facts, kPgi).statut(), "non_conforme");
  EXPECT_EQ(Rule(facts, kPgi, "repas").message(), "18 repas au lieu de 20.");
  facts.meals_given = 0;
  EXPECT_EQ(Rule(facts, kPgi, "repas").statut(), "inconnu") << "imported without its meals";
}

TEST(ComplianceTest, LiverWeightIsJudgedByTheMeanAndTellsTheShareOfLightOnes) {
  LotFacts facts = Finished();
  facts.liver_g = 340;
  facts.itm = 8000.0 / 340;
  EXPECT_EQ(Label(facts, kEu).statut(), "conforme");
  EXPECT_EQ(Rule(facts, kPgi, "poids_foie").statut(), "non_conforme");
  EXPECT_NEAR(Rule(facts, kEu, "poids_foie").part_sous_limite_pct().value(), 11.97, 0.01);  // Phi(-40 / 34)
  facts.liver_g = 290;
  facts.itm = 8000.0 / 290;
  EXPECT_EQ(Label(facts, kEu).statut(), "non_conforme");
}

TEST(ComplianceTest, ALightStrainThreatensBeforeTheSlaughter) {
  LotFacts facts = Opened();
  facts.earlier_liver_g = {8, 345, 20};
  EXPECT_EQ(Rule(facts, kPgi, "poids_foie").statut(), "compromis");
  EXPECT_FALSE(Rule(facts, kPgi, "poids_foie").has_valeur());
  EXPECT_EQ(Rule(facts, kEu, "poids_foie").statut(), "en_bonne_voie");
}

TEST(ComplianceTest, ALotOfWhichNothingIsKnownIsUnknown) {
  LotFacts facts;
  facts.statut = "en_gavage";
  for (const auto& label : ComplianceOf(facts, ItmOf(facts))) {
    EXPECT_EQ(label.statut(), "inconnu");
    for (const auto& rule : label.regles()) {
      EXPECT_EQ(rule.statut(), "inconnu") << rule.regle();
      EXPECT_FALSE(rule.message().empty());
    }
  }
}

// Standard normal: Phi(0) = 0.5, Phi(-1) = 0.158655.
TEST(ComplianceTest, ShareBelowTheLimitIsNormal) {
  EXPECT_DOUBLE_EQ(ShareBelow(350, 350, 0.16), 50);
  EXPECT_NEAR(ShareBelow(300, 400, 0.25), 15.8655, 1e-4);
}

}  // namespace
}  // namespace egi::performance
