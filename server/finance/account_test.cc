#include "server/finance/account.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::finance {
namespace {

using supervision::v1::Amounts;
using supervision::v1::Price;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// 1000 birds placed, 970 hung, 7.75 kg of corn each, ITM 15.5: 485 kg of liver.
LotFacts Lot() {
  LotFacts lot;
  lot.code = "LL2602001";
  lot.site = "LL";
  lot.end_day = "2026-02-12";
  lot.placed = 1000;
  lot.hung = 970;
  lot.corn_kg = 7.75;
  lot.itm = 15.5;
  lot.days = 11;
  return lot;
}

Price Row(int id, const std::string& kind, double eur, const std::string& grade = "") {
  Price row;
  row.set_id(id);
  row.set_type_prix(kind);
  row.set_grade(grade);
  row.set_prix(eur);
  row.mutable_valide_du()->set_value("2026-01-01");
  return row;
}

// Worked by hand from analytics.md section 7.
TEST(AccountTest, FormulasOfTheSpecificationAtItsNumbers) {
  Uses uses;
  Amounts sums = AccountOf(Lot(), PriceBook({}), &uses);
  SetRatios(sums);
  EXPECT_DOUBLE_EQ(sums.production_kg(), 485);
  EXPECT_DOUBLE_EQ(sums.mais_kg(), 7750);
  EXPECT_DOUBLE_EQ(sums.chiffre_affaires(), 21825);      // 485 * 45
  EXPECT_DOUBLE_EQ(sums.cout_mais(), 1937.5);            // 7750 * 0.25
  EXPECT_DOUBLE_EQ(sums.cout_gavage(), 2750);            // 1000 * 2.5 * 11 / 10
  EXPECT_DOUBLE_EQ(sums.cout_transport(), 291);          // 970 * 0.3
  EXPECT_DOUBLE_EQ(sums.cout_canards(), 0);
  EXPECT_DOUBLE_EQ(sums.cout_total(), 4978.5);
  EXPECT_DOUBLE_EQ(sums.marge(), 16846.5);
  EXPECT_NEAR(sums.taux_marge().value(), 77.189, 5e-4);
  EXPECT_NEAR(sums.cout_production_eur_kg().value(), 10.26495, 5e-6);
  EXPECT_NEAR(sums.ratio_mais_foie().value(), 15.97938, 5e-6);
  EXPECT_DOUBLE_EQ(sums.sensibilite_itm(), 121.25);      // 485 * 0.25
  EXPECT_DOUBLE_EQ(sums.dont_pertes(), 30 * (7.75 * 0.25 + 2.75));
  EXPECT_THAT(uses.prices, SizeIs(4));
  for (const auto& [key, use] : uses.prices) EXPECT_TRUE(use.first.hypothese()) << key.first.first;
}

// One more point of ITM at the same liver is one more kg of corn a kg of liver of the birds hung.
TEST(AccountTest, SensitivityIsWhatTheCornOfOneMorePointCosts) {
  LotFacts worse = Lot();
  worse.placed = worse.hung;
  const LotFacts lot = worse;
  worse.corn_kg = *lot.corn_kg * 16.5 / 15.5;
  worse.itm = 16.5;
  const PriceBook book({});
  const Amounts before = AccountOf(lot, book, nullptr), after = AccountOf(worse, book, nullptr);
  EXPECT_NEAR(after.production_kg(), before.production_kg(), 1e-9);
  EXPECT_NEAR(after.cout_mais() - before.cout_mais(), before.sensibilite_itm(), 1e-9);
}

TEST(AccountTest, BirdsAndKilometresAreChargedOnceTheyHaveAPrice) {
  LotFacts lot = Lot();
  const PriceBook book({Row(1, "canard_pag", 4), Row(2, "transport_km", 1.2)});
  Uses uses;
  Amounts sums = AccountOf(lot, book, &uses);
  EXPECT_DOUBLE_EQ(sums.cout_canards(), 4000);
  EXPECT_DOUBLE_EQ(sums.cout_transport(), 291);
  EXPECT_EQ(uses.lots_without_km, 1);
  EXPECT_DOUBLE_EQ(sums.dont_pertes(), 30 * (7.75 * 0.25 + 2.75 + 4));
  lot.km = 80;
  sums = AccountOf(lot, book, nullptr);
  EXPECT_DOUBLE_EQ(sums.cout_transport(), 291 + 96);
  EXPECT_EQ(sums.nb_lots_km(), 1);
}

TEST(AccountTest, RevenueFollowsTheGradesWhenEachOfThemHasAPrice) {
  LotFacts lot = Lot();
  lot.grades = {{"A+", 6}, {"B", 3}, {"REJECT", 1}};
  const PriceBook some({Row(1, "foie", 50, "A+"), Row(2, "foie", 40, "B")});
  Uses uses;
  Amounts sums = AccountOf(lot, some, &uses);
  EXPECT_DOUBLE_EQ(sums.chiffre_affaires(), 485 * 45);
  EXPECT_EQ(sums.nb_lots_prix_par_grade(), 0);
  EXPECT_THAT(uses.grades_without_price, ElementsAre("REJECT"));
  const PriceBook all({Row(1, "foie", 50, "A+"), Row(2, "foie", 40, "B"), Row(3, "foie", 0, "REJECT")});
  uses = {};
  sums = AccountOf(lot, all, &uses);
  EXPECT_DOUBLE_EQ(sums.chiffre_affaires(), 485 * 42);  // 0.6 * 50 + 0.3 * 40
  EXPECT_EQ(sums.nb_lots_prix_par_grade(), 1);
  EXPECT_EQ(uses.prices.count({{"foie", ""}, 0}), 0u) << "the flat price was not used";
  EXPECT_DOUBLE_EQ(AccountOf(lot, all.With({{"foie", 30}}), nullptr).chiffre_affaires(), 485 * 30);
}

TEST(AccountTest, LotWithoutAFigureIsLeftOutAndToldWhatToDo) {
  const auto without = [](void (*drop)(LotFacts&)) {
    LotFacts lot = Lot();
    drop(lot);
    return WhyLeftOut(lot);
  };
  EXPECT_EQ(WhyLeftOut(Lot()), "");
  EXPECT_EQ(without([](LotFacts& lot) { lot.itm.reset(); }), "pas_d_itm_final");
  EXPECT_EQ(without([](LotFacts& lot) { lot.hung.reset(); }), "canards_inconnus");
  EXPECT_EQ(without([](LotFacts& lot) { lot.corn_kg = 0; }), "mais_inconnu");
  EXPECT_EQ(without([](LotFacts& lot) { lot.end_day.clear(); }), "dates_inconnues");
  EXPECT_EQ(without([](LotFacts& lot) { lot.days.reset(); }), "dates_inconnues");
  for (const char* why : {"pas_d_itm_final", "canards_inconnus", "mais_inconnu", "dates_inconnues"}) EXPECT_NE(ExplainLeftOut(why), "") << why;
}

TEST(AccountTest, LotThatYieldsNothingCostsAndHasNoRatios) {
  LotFacts lot = Lot();
  lot.hung = 0;
  Amounts sums = AccountOf(lot, PriceBook({}), nullptr);
  SetRatios(sums);
  EXPECT_DOUBLE_EQ(sums.marge(), -4687.5);
  EXPECT_DOUBLE_EQ(sums.dont_pertes(), sums.cout_total());
  EXPECT_FALSE(sums.has_taux_marge());
  EXPECT_FALSE(sums.has_ratio_mais_foie());
  EXPECT_FALSE(sums.has_cout_production_eur_kg());
}

TEST(AccountTest, SplitAddsUpToTheCosts) {
  Amounts sums = AccountOf(Lot(), PriceBook({Row(1, "canard_pag", 4)}), nullptr);
  double eur = 0, percent = 0;
  for (const auto& share : SplitOf(sums)) {
    eur += share.montant();
    percent += share.part_pct().value();
  }
  EXPECT_NEAR(eur, sums.cout_total(), 1e-9);
  EXPECT_NEAR(percent, 100, 1e-9);
  EXPECT_FALSE(SplitOf(Amounts())[0].has_part_pct());
}

// Sums of parts are the sums of the whole, whatever the lots are.
TEST(AccountTest, SumsDoNotDependOnHowLotsAreGrouped) {
  std::mt19937 random(7);
  const PriceBook book({Row(1, "canard_pag", 4)});
  Amounts all, left, right;
  for (int i = 0; i < 200; ++i) {
    LotFacts lot = Lot();
    lot.placed = std::uniform_int_distribution<>(50, 2000)(random);
    lot.hung = std::uniform_int_distribution<>(0, *lot.placed)(random);
    lot.itm = std::uniform_real_distribution<>(11, 20)(random);
    const Amounts one = AccountOf(lot, book, nullptr);
    EXPECT_LE(one.dont_pertes(), one.cout_total() + 1e-9);
    Add(one, all);
    Add(one, i % 3 == 0 ? left : right);
  }
  Add(right, left);
  SetRatios(all);
  SetRatios(left);
  EXPECT_EQ(all.nb_lots(), 200);
  EXPECT_NEAR(left.marge(), all.marge(), 1e-6);
  EXPECT_NEAR(left.taux_marge().value(), all.taux_marge().value(), 1e-9);
}

}  // namespace
}  // namespace egi::finance
