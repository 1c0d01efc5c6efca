#include <cmath>

#include "absl/strings/str_cat.h"
#include "egi/supervision/v1/finance.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"

namespace egi::api {
namespace {

using supervision::v1::CreatePriceRequest;
using supervision::v1::FinanceService;
using supervision::v1::GetIndicatorsRequest;
using supervision::v1::Indicators;
using supervision::v1::ListPricesRequest;
using supervision::v1::ListPricesResponse;
using supervision::v1::Price;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Stub = FinanceService::Stub;

class FinanceServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = FinanceService::NewStub(channel_);
    // LL1: 485 kg of liver of 7750 kg of corn; LS1: 480 kg of 8000 kg. The others do not count.
    Sql("INSERT INTO lots_gavage (code_lot, site_code, souche, statut, debut_lot, duree_gavage_prevue, duree_gavage_reelle, nb_canards_meg, nb_canards_accroches, "
        "total_corn_real, itm) VALUES ('LL2601001', 'LL', 'S1', 'abattu', '2026-01-02', 11, 11, 1000, 970, 7750, 15.5), "
        "('LS2601001', 'LS', 'S2', 'termine', '2026-01-25', 10, 10, 1000, 960, 8000, 16), "
        "('LL2601002', 'LL', 'S1', 'en_gavage', '2026-01-20', 12, NULL, 500, NULL, 3000, NULL), "
        "('LL2601003', 'LL', 'S1', 'abattu', NULL, 12, NULL, 500, 480, 7000, 14), "
        "('LL2601004', 'LL', 'S1', 'annule', '2026-01-02', 11, 11, 1000, 970, 7750, 15.5) RETURNING 1");
  }

  Price Enter(const std::string& kind, double eur, const std::string& from, const std::string& grade = "", const std::string& wish = "") {
    CreatePriceRequest request;
    request.set_type_prix(kind);
    request.mutable_prix()->set_value(eur);
    request.set_valide_du(from);
    request.set_grade(grade);
    request.set_saisi_par("user:3");
    request.set_raison("contract of February");
    request.set_request_id(wish);
    Price price;
    const grpc::Status status = Call(*stub_, &Stub::CreatePrice, request, &price);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return price;
  }
  Indicators Get(const GetIndicatorsRequest& request = {}) {
    Indicators indicators;
    const grpc::Status status = Call(*stub_, &Stub::GetIndicators, request, &indicators);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return indicators;
  }
  ListPricesResponse Prices(const ListPricesRequest& request = {}) {
    ListPricesResponse prices;
    EXPECT_TRUE(Call(*stub_, &Stub::ListPrices, request, &prices).ok());
    return prices;
  }

  std::unique_ptr<Stub> stub_;
};

TEST_F(FinanceServiceTest, WithoutPricesTheNumbersOfTheSpecificationAreAssumptions) {
  const auto prices = Prices();
  EXPECT_EQ(prices.date(), "2026-02-03");
  ASSERT_EQ(prices.en_vigueur_size(), 4);
  for (const Price& price : prices.en_vigueur()) EXPECT_TRUE(price.hypothese()) << price.type_prix();
  EXPECT_EQ(prices.historique_size(), 0);
  const auto indicators = Get();
  EXPECT_TRUE(indicators.hypothese());
  EXPECT_THAT(indicators.remarques(0), HasSubstr("foie 45 EUR/kg"));
  EXPECT_EQ(indicators.prix_utilises_size(), 4);
  EXPECT_EQ(indicators.prix_utilises(0).nb_lots(), 2);
}

// Worked by hand: (485 + 480) * 45; (7750 + 8000) * 0.25; 1000 * 2.5 * 1.1 + 1000 * 2.5; (970 + 960) * 0.3.
TEST_F(FinanceServiceTest, SumsAreTheSumsOfTheLots) {
  const auto indicators = Get();
  const auto& base = indicators.base();
  EXPECT_EQ(base.nb_lots(), 2);
  EXPECT_NEAR(base.production_kg(), 965, 1e-9);
  EXPECT_NEAR(base.mais_kg(), 15750, 1e-9);
  EXPECT_NEAR(base.chiffre_affaires(), 43425, 1e-9);
  EXPECT_NEAR(base.cout_mais(), 3937.5, 1e-9);
  EXPECT_NEAR(base.cout_gavage(), 5250, 1e-9);
  EXPECT_NEAR(base.cout_transport(), 579, 1e-9);
  EXPECT_NEAR(base.marge(), 43425 - 9766.5, 1e-9);
  ASSERT_EQ(indicators.par_site_size(), 2);
  EXPECT_EQ(indicators.par_site(0).nom(), "LL");
  EXPECT_NEAR(indicators.par_site(0).base().production_kg(), 485, 1e-9);
  ASSERT_EQ(indicators.par_souche_size(), 2);
  EXPECT_EQ(indicators.par_souche(1).nom(), "S2");
  ASSERT_EQ(indicators.par_mois_size(), 2);
  EXPECT_EQ(indicators.par_mois(0).nom(), "2026-01");
  EXPECT_EQ(indicators.par_mois(1).nom(), "2026-02");
  EXPECT_FALSE(indicators.has_scenario());
}

TEST_F(FinanceServiceTest, LotsThatDoNotCountAreNamedWithTheReason) {
  const auto indicators = Get();
  ASSERT_EQ(indicators.lots_ecartes_size(), 2) << "the cancelled lot is none";
  EXPECT_EQ(indicators.nb_lots_ecartes(), 2);
  EXPECT_EQ(indicators.lots_ecartes(0).code_lot(), "LL2601002");
  EXPECT_EQ(indicators.lots_ecartes(0).raison(), "pas_d_itm_final");
  EXPECT_EQ(indicators.lots_ecartes(1).raison(), "dates_inconnues");
  EXPECT_FALSE(indicators.lots_ecartes(1).message().empty());
}

TEST_F(FinanceServiceTest, PeriodAndSiteRestrictLotsByTheEndOfTheirGavage) {
  GetIndicatorsRequest request;
  request.set_from("2026-01-13");
  request.set_to("2026-01-13");
  auto indicators = Get(request);
  EXPECT_EQ(indicators.base().nb_lots(), 1);
  EXPECT_EQ(indicators.par_site(0).nom(), "LL");
  ASSERT_EQ(indicators.lots_ecartes_size(), 1) << "a lot without dates belongs to every period";
  EXPECT_EQ(indicators.lots_ecartes(0).code_lot(), "LL2601003");
  request.Clear();
  request.set_site_code("LS");
  indicators = Get(request);
  EXPECT_EQ(indicators.base().nb_lots(), 1);
  EXPECT_EQ(indicators.lots_ecartes_size(), 0);
}

TEST_F(FinanceServiceTest, PriceHoldsForLotsThatEndFromItsDayOn) {
  Enter("foie", 50, "2026-02-01");
  const auto indicators = Get();
  EXPECT_NEAR(indicators.base().chiffre_affaires(), 485 * 45 + 480 * 50, 1e-9);
  EXPECT_TRUE(indicators.hypothese()) << "the lot of January is counted with an assumption";
  ASSERT_EQ(indicators.prix_utilises_size(), 5);
}

TEST_F(FinanceServiceTest, EnteredPricesAreNoAssumptions) {
  for (const auto& [kind, eur] : {std::pair{"foie", 44.0}, std::pair{"mais", 0.3}, std::pair{"gavage", 2.6}, std::pair{"transport_canard", 0.35}}) {
    EXPECT_FALSE(Enter(kind, eur, "2020-01-01").hypothese());
  }
  EXPECT_FALSE(Get().hypothese());
}

TEST_F(FinanceServiceTest, HistoryKeepsEveryRowAndTheNewestForADayHolds) {
  const int first = Enter("mais", 0.28, "2026-01-01").id();
  Enter("mais", 0.31, "2026-03-01");
  const Price corrected = Enter("mais", 0.27, "2026-01-01");
  ListPricesRequest request;
  request.set_type_prix("mais");
  auto prices = Prices(request);
  ASSERT_EQ(prices.historique_size(), 3);
  EXPECT_EQ(prices.historique(2).id(), first);
  EXPECT_EQ(prices.historique(0).saisi_par(), "user:3");
  ASSERT_EQ(prices.en_vigueur_size(), 1);
  EXPECT_EQ(prices.en_vigueur(0).id(), corrected.id());
  request.set_date("2026-03-01");
  EXPECT_EQ(Prices(request).en_vigueur(0).prix(), 0.31);
  request.set_limit(2);
  prices = Prices(request);
  EXPECT_EQ(prices.historique_size(), 2);
  request.set_page_token(prices.next_page_token());
  prices = Prices(request);
  ASSERT_EQ(prices.historique_size(), 1);
  EXPECT_EQ(prices.historique(0).id(), first);
  EXPECT_TRUE(prices.next_page_token().empty());
}

TEST_F(FinanceServiceTest, RowsAreNeverChanged) {
  Enter("mais", 0.28, "2026-01-01");
  EXPECT_THROW(Sql("UPDATE finance_prix SET prix = 1 RETURNING 1"), pqxx::check_violation);
  EXPECT_THROW(Sql("DELETE FROM finance_prix RETURNING 1"), pqxx::check_violation);
}

TEST_F(FinanceServiceTest, SameWishIsTheSameRowAndAnotherUnderItsNameIsRefused) {
  const int id = Enter("mais", 0.28, "2026-01-01", "", "wish-1").id();
  EXPECT_EQ(Enter("mais", 0.28, "2026-01-01", "", "wish-1").id(), id);
  CreatePriceRequest other;
  other.set_type_prix("mais");
  other.mutable_prix()->set_value(0.29);
  other.set_valide_du("2026-01-01");
  other.set_saisi_par("user:3");
  other.set_raison("x");
  other.set_request_id("wish-1");
  Price price;
  const grpc::Status refused = Call(*stub_, &Stub::CreatePrice, other, &price);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Reason(refused), "REQUEST_ID_REUSED");
}

TEST_F(FinanceServiceTest, EveryBadFieldIsNamed) {
  CreatePriceRequest request;
  request.set_type_prix("orge");
  request.set_grade("A+");
  request.mutable_prix()->set_value(-1);
  request.set_valide_du("2026-02-30");
  Price price;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::CreatePrice, request, &price)), ElementsAre("type_prix", "grade", "prix", "valide_du", "saisi_par", "raison"));
  GetIndicatorsRequest ask;
  ask.set_from("x");
  ask.set_to("2026-13-01");
  ask.set_site_code("MG");
  ask.mutable_prix_foie()->set_value(-1);
  ask.mutable_prix_mais()->set_value(std::nan(""));
  Indicators indicators;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::GetIndicators, ask, &indicators)), ElementsAre("site_code", "from", "to", "prix_foie", "prix_mais"));
  ask.Clear();
  ask.set_from("2026-02-02");
  ask.set_to("2026-02-01");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::GetIndicators, ask, &indicators)), ElementsAre("to"));
  ListPricesRequest list;
  list.set_type_prix("orge");
  list.set_date("x");
  list.set_limit(501);
  ListPricesResponse prices;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::ListPrices, list, &prices)), ElementsAre("type_prix", "date", "limit"));
}

TEST_F(FinanceServiceTest, ScenarioStandsBesideTheBaseEverywhere) {
  GetIndicatorsRequest request;
  request.mutable_prix_foie()->set_value(40);
  request.mutable_prix_mais()->set_value(0);
  const auto indicators = Get(request);
  EXPECT_NEAR(indicators.base().chiffre_affaires(), 965 * 45, 1e-9);
  EXPECT_NEAR(indicators.scenario().chiffre_affaires(), 965 * 40, 1e-9);
  EXPECT_EQ(indicators.scenario().cout_mais(), 0);
  EXPECT_NEAR(indicators.par_site(1).scenario().chiffre_affaires(), 480 * 40, 1e-9);
  EXPECT_NEAR(indicators.par_site(1).base().chiffre_affaires(), 480 * 45, 1e-9);
  for (const auto& used : indicators.prix_utilises()) EXPECT_NE(used.prix().raison(), "Scénario");
}

TEST_F(FinanceServiceTest, RevenueFollowsTheGradesOfTheLotsSamples) {
  for (const char* grade : {"A+", "A+", "A", "B"}) {
    Sql(absl::StrCat("INSERT INTO sqal_samples (time, sample_id, device_id, lot_id, code_lot, fusion_final_score, fusion_final_grade, fusion_is_compliant) "
                     "SELECT now(), 'S' || nextval('egi_alert_id_seq'), 'ESP32_LL_01', id, code_lot, 0.9, '", grade, "', true FROM lots_gavage WHERE code_lot = 'LL2601001' RETURNING 1"));
  }
  EXPECT_NEAR(Get().base().chiffre_affaires(), 965 * 45, 1e-9);
  Enter("foie", 52, "2026-01-01", "A+");
  Enter("foie", 48, "2026-01-01", "A");
  auto indicators = Get();
  EXPECT_NEAR(indicators.base().chiffre_affaires(), 965 * 45, 1e-9) << "grade B has no price";
  EXPECT_EQ(indicators.base().nb_lots_prix_par_grade(), 0);
  EXPECT_THAT(indicators.remarques(indicators.remarques_size() - 1), HasSubstr(": B."));
  Enter("foie", 40, "2026-01-01", "B");
  indicators = Get();
  EXPECT_EQ(indicators.base().nb_lots_prix_par_grade(), 1);
  EXPECT_NEAR(indicators.base().chiffre_affaires(), 485 * 48 + 480 * 45, 1e-9);  // (2 * 52 + 48 + 40) / 4 = 48
}

TEST_F(FinanceServiceTest, WayIsChargedWhereItIsKnown) {
  Sql("INSERT INTO planning_abattages (site_code, abattoir, date, heure_debut, heure_fin, capacite_max) VALUES ('LL', 'A1', '2026-01-14', '08:00', '12:00', 2000) "
      "RETURNING 1");
  Sql("INSERT INTO planning_abattages_lots (lot_id, creneau_id, nb_canards, distance_km, affecte_par) SELECT l.id, p.id, 970, 80, 'user:3' "
      "FROM lots_gavage l, planning_abattages p WHERE code_lot = 'LL2601001' RETURNING 1");
  EXPECT_NEAR(Get().base().cout_transport(), 579, 1e-9);
  Enter("transport_km", 1.5, "2026-01-01");
  const auto indicators = Get();
  EXPECT_NEAR(indicators.base().cout_transport(), 579 + 120, 1e-9);
  EXPECT_EQ(indicators.base().nb_lots_km(), 1);
  EXPECT_THAT(indicators.remarques(indicators.remarques_size() - 1), HasSubstr("1 lot(s)"));
}

TEST_F(FinanceServiceTest, WithoutLotsThereAreNoRatios) {
  GetIndicatorsRequest request;
  request.set_to("2020-01-01");
  request.set_site_code("MT");
  const auto indicators = Get(request);
  EXPECT_EQ(indicators.base().nb_lots(), 0);
  EXPECT_FALSE(indicators.base().has_taux_marge());
  EXPECT_EQ(indicators.par_site_size(), 0);
  EXPECT_EQ(indicators.remarques_size(), 0);
}

}  // namespace
}  // namespace egi::api
