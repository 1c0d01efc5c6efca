#include "egi/feeding/v1/performance.grpc.pb.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"

namespace egi::api {
namespace {

using feeding::v1::LotPerformance;
using feeding::v1::LotQuality;
using feeding::v1::LotStats;
using feeding::v1::PerformanceService;
using ::testing::ElementsAre;

class PerformanceServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = PerformanceService::NewStub(channel_);
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (4, 'Gaveur 4', 'LL')");
  }

  // A lot of mule ducks that is fed since 2026-02-01, 10 days planned.
  void AddRunningLot(const std::string& code = "LL2602001") {
    Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, genetique, nb_canards_initial, nb_canards_vivants, debut_lot, "
                     "duree_gavage_prevue, age_animaux, taux_mortalite, poids_moyen_initial, poids_moyen_actuel, objectif_poids_final) VALUES ('",
                     code, "', 'LL', 4, 'en_gavage', 'Mulard', 1000, 990, '2026-02-01', 10, 90, 1, 4500, 4700, 6500)"));
  }
  void AddMeal(const std::string& code, int day, const std::string& moment, const std::string& target, double real) {
    Sql(absl::StrCat("INSERT INTO doses_journalieres (time, lot_id, code_lot, jour, moment, dose_theorique, dose_reelle, site_code, ordinal) "
                     "SELECT timestamptz '2026-02-01 06:00+00' + interval '12 hours' * ",
                     2 * day + (moment == "soir"), ", id, code_lot, ", day, ", '", moment, "', ", target, ", ", real,
                     ", site_code, 0 FROM lots_gavage WHERE code_lot = '", code, "'"));
    Sql(absl::StrCat("UPDATE lots_gavage SET total_corn_real = coalesce(total_corn_real, 0) + ", real, " WHERE code_lot = '", code, "'"));
  }
  void AddSample(const std::string& code, double score, const std::string& grade, double volume) {
    ++samples_;
    Sql(absl::StrCat(
        "INSERT INTO sqal_samples (time, device_id, sample_id, lot_id, code_lot, site_code, fusion_final_score, fusion_final_grade, fusion_is_compliant, "
        "vl53l8ch_volume_mm3, vl53l8ch_avg_height_mm, as7341_freshness_index) SELECT timestamptz '2026-02-03 08:00+00' + interval '1 minute' * ",
        samples_, ", 'ESP32_LL_01', 's", samples_, "', id, code_lot, site_code, ", score, ", '", grade, "', '", grade, "' IN ('A+', 'A', 'B'), ",
        volume, ", 50, 0.9 FROM lots_gavage WHERE code_lot = '", code, "'"));
  }
  void AddFinalLot(int number, double itm, int hung = 100, const std::string& breed = "Mulard") {
    Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, statut, genetique, total_corn_real, itm, nb_canards_meg, nb_canards_accroches, "
                     "debut_lot) VALUES ('LL48010",
                     number, "', 'LL', 'abattu', '", breed, "', 7800, ", itm, ", 100, ", hung, ", '2024-01-06')"));
  }

  LotPerformance Performance(const std::string& lot) {
    feeding::v1::GetLotPerformanceRequest request;
    request.set_lot(lot);
    LotPerformance response;
    const grpc::Status status = Call(*stub_, &PerformanceService::Stub::GetLotPerformance, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  LotStats Stats(const std::string& lot) {
    feeding::v1::GetLotStatsRequest request;
    request.set_lot(lot);
    LotStats response;
    const grpc::Status status = Call(*stub_, &PerformanceService::Stub::GetLotStats, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::vector<std::string> Failing(const std::string& label, const std::string& verdict) {
    feeding::v1::ListLotPerformancesRequest request;
    request.set_label(label);
    request.set_conformite(verdict);
    feeding::v1::ListLotPerformancesResponse response;
    EXPECT_TRUE(Call(*stub_, &PerformanceService::Stub::ListLotPerformances, request, &response).ok());
    std::vector<std::string> codes;
    for (const auto& lot : response.lots()) codes.push_back(lot.code_lot());
    return codes;
  }

  int samples_ = 0;
  std::unique_ptr<PerformanceService::Stub> stub_;
};

TEST_F(PerformanceServiceTest, ARunningLotHasAProjectionAndIsOnTrack) {
  AddRunningLot();
  AddMeal("LL2602001", 0, "matin", "225", 225);
  AddMeal("LL2602001", 0, "soir", "249", 240);
  const LotPerformance lot = Performance("LL2602001");
  EXPECT_EQ(lot.itm().nature(), "projection");
  EXPECT_EQ(lot.itm().source_mais(), "courbe_souche");
  EXPECT_EQ(lot.itm().source_foie(), "reference");
  EXPECT_EQ(lot.itm().poids_foie_g().value(), 520);
  // domain.md section 7.2, CF80*: its 22 meals hold 9034 g; 20 meals of the resampled curve lie near 20 / 22 of that.
  EXPECT_NEAR(lot.itm().mais_kg().value(), 9.034 * 20 / 22, 0.15);
  EXPECT_NEAR(lot.itm().valeur().value(), lot.itm().mais_kg().value() / 0.52, 1e-9);
  EXPECT_EQ(lot.production().nature(), "projection");
  EXPECT_NEAR(lot.production().foie_kg().value(), 990 * 0.52, 1e-9);
  EXPECT_EQ(lot.sigma().nature(), "inconnu");
  EXPECT_FALSE(lot.sigma().has_valeur());
  ASSERT_EQ(lot.conformite_size(), 2);
  EXPECT_EQ(lot.conformite(0).statut(), "en_bonne_voie");
  EXPECT_EQ(lot.conformite(1).statut(), "en_bonne_voie");
  EXPECT_EQ(lot.mortalite_pct().value(), 1);
}

// ADR 210: a curve in force is the plan itself, whatever the goal.
TEST_F(PerformanceServiceTest, PlannedCornFollowsTheCurveInForce) {
  AddRunningLot();
  AddMeal("LL2602001", 0, "matin", "300", 250);
  Sql("INSERT INTO courbes_theoriques (lot_id, statut, source, methode, duree_gavage_jours, doses_g, superviseur_nom, date_validation) SELECT id, 'VALIDEE', "
      "'manuelle', 'by hand', 10, array_fill(300::float8, ARRAY[20]), 'user:3', now() FROM lots_gavage");
  Sql("UPDATE lots_gavage SET courbe_id = (SELECT id FROM courbes_theoriques), objectif_quantite_mais = 9000");
  const LotPerformance lot = Performance("LL2602001");
  EXPECT_EQ(lot.itm().source_mais(), "courbe_lot");
  EXPECT_NEAR(lot.itm().mais_kg().value(), (250 + 19 * 300) / 1000.0, 1e-9);
}

TEST_F(PerformanceServiceTest, EarlierLotsOfTheStrainMakeTheExpectedLiver) {
  AddRunningLot();
  const double itm[] = {12, 13, 14, 15, 16};
  for (int i = 0; i < 5; ++i) AddFinalLot(10 + i, itm[i], i == 0 ? 500 : 100);
  AddFinalLot(20, 30, 100, "Pékin");  // another strain
  const LotPerformance lot = Performance("LL2602001");
  EXPECT_EQ(lot.itm().source_foie(), "historique");
  EXPECT_EQ(lot.itm().effectif(), 5);
  const double mean = (500 * 7800.0 / 12 + 100 * (7800.0 / 13 + 7800.0 / 14 + 7800.0 / 15 + 7800.0 / 16)) / 900;
  EXPECT_NEAR(lot.itm().poids_foie_g().value(), mean, 1e-9) << "weighted by birds hung";
  EXPECT_LT(lot.itm().minimum().value(), lot.itm().valeur().value());
  EXPECT_GT(lot.itm().maximum().value(), lot.itm().valeur().value());
}

TEST_F(PerformanceServiceTest, ASkippedMealIsToldWhileItCanBeMadeGood) {
  AddRunningLot();
  AddMeal("LL2602001", 0, "matin", "225", 225);
  AddMeal("LL2602001", 1, "matin", "274", 274);
  const LotPerformance lot = Performance("LL2602001");
  EXPECT_EQ(lot.conformite(0).statut(), "en_bonne_voie") << "EU";
  EXPECT_EQ(lot.conformite(1).statut(), "compromis");
  const auto& meals = lot.conformite(1).regles(3);
  EXPECT_EQ(meals.regle(), "repas");
  EXPECT_EQ(meals.valeur().value(), 2);
  EXPECT_EQ(meals.prevu().value(), 19);
  EXPECT_THAT(Failing("igp_sud_ouest", "compromis"), ElementsAre("LL2602001"));
  EXPECT_THAT(Failing("ue_543_2008", "compromis"), ElementsAre());
  EXPECT_THAT(Failing("", "en_bonne_voie"), ElementsAre("LL2602001"));
}

TEST_F(PerformanceServiceTest, SensorsEstimateAFinishedLotAndItsSpread) {
  AddRunningLot();
  AddMeal("LL2602001", 0, "matin", "NULL", 800);
  Sql("UPDATE lots_gavage SET statut = 'termine', total_corn_real = 7575.6");
  AddSample("LL2602001", 0.9, "A+", 520000);
  AddSample("LL2602001", 0.8, "A", 540000);
  LotPerformance lot = Performance("LL2602001");
  EXPECT_EQ(lot.itm().nature(), "estimation_capteurs");
  EXPECT_NEAR(lot.itm().valeur().value(), 7575.6 / (530 * 0.947), 1e-9);
  EXPECT_EQ(lot.itm().effectif(), 2);
  EXPECT_EQ(lot.sigma().nature(), "estimation_capteurs");
  EXPECT_NEAR(lot.sigma().valeur().value(), std::sqrt(200.0) / 530, 1e-9);
  EXPECT_EQ(lot.sigma().effectif(), 2);
  EXPECT_EQ(lot.production().nature(), "estimation_capteurs");
  Sql("DELETE FROM sqal_samples");
  Sql("UPDATE lots_gavage SET poids_foie_estime = 505, nb_foies_mesures = 5");
  lot = Performance("LL2602001");
  EXPECT_NEAR(lot.itm().valeur().value(), 7575.6 / 505, 1e-9) << "remembered by the inspection after the samples are gone";
  EXPECT_EQ(lot.itm().effectif(), 5);
  Sql("UPDATE lots_gavage SET statut = 'abattu', itm = 15.2, sigma = 0.17, nb_canards_accroches = 980");
  lot = Performance("LL2602001");
  EXPECT_EQ(lot.itm().nature(), "final");
  EXPECT_EQ(lot.itm().classe().value(), "C");
  EXPECT_EQ(lot.sigma().nature(), "final");
  EXPECT_NEAR(lot.production().foie_kg().value(), 980 * 7.5756 / 15.2, 1e-9);
}

TEST_F(PerformanceServiceTest, StatsOfARunningLot) {
  AddRunningLot();
  AddMeal("LL2602001", 0, "matin", "200", 200);
  AddMeal("LL2602001", 0, "soir", "200", 180);   // 10 % off
  AddMeal("LL2602001", 1, "matin", "200", 190);  // 5 % off
  AddMeal("LL2602001", 1, "soir", "NULL", 210);  // nothing prescribed
  Sql("INSERT INTO alertes_euralis (time, niveau, site_code, lot_id, code_lot, type_alerte, severite, message, closed_at) "
      "SELECT now(), 'lot', 'LL', id, code_lot, 'dose_ecart', 'warning', 'm', t FROM lots_gavage, (VALUES (now()), (NULL)) v(t)");
  const LotStats stats = Stats("LL2602001");
  EXPECT_EQ(stats.statut(), "en_gavage");
  EXPECT_EQ(stats.nombre_jours_ecoules(), 2);
  EXPECT_EQ(stats.nombre_jours_prevus().value(), 10);
  EXPECT_EQ(stats.nombre_jours_restants().value(), 8);
  EXPECT_DOUBLE_EQ(stats.pourcent_avancement().value(), 20);
  EXPECT_EQ(stats.poids().initial().value(), 4500);
  EXPECT_EQ(stats.poids().gain_total().value(), 200);
  EXPECT_EQ(stats.poids().gain_moyen_jour().value(), 100);
  EXPECT_EQ(stats.poids().objectif().value(), 6500);
  EXPECT_EQ(stats.doses().total_donne().value(), 780);
  EXPECT_EQ(stats.doses().objectif_total().value(), 600) << "prescribed so far";
  EXPECT_DOUBLE_EQ(stats.doses().pourcent_objectif().value(), 130);
  EXPECT_EQ(stats.doses().moyenne_jour().value(), 390);
  EXPECT_DOUBLE_EQ(stats.conformite().ecart_moyen_courbe().value(), 5);
  EXPECT_EQ(stats.conformite().jours_hors_tolerance(), 1);
  EXPECT_NEAR(stats.conformite().taux_conformite().value(), 200.0 / 3, 1e-9);
  EXPECT_EQ(stats.sante().mortalite_totale().value(), 10);
  EXPECT_EQ(stats.sante().taux_mortalite().value(), 1);
  EXPECT_EQ(stats.sante().nombre_alertes(), 2);
  EXPECT_EQ(stats.sante().nombre_alertes_ouvertes(), 1);
  EXPECT_EQ(stats.itm().nature(), "projection");
  EXPECT_EQ(stats.conformite_reglementaire_size(), 2);
  EXPECT_TRUE(stats.has_derniere_mise_a_jour());
}

TEST_F(PerformanceServiceTest, ALotOfWhichNothingIsKnownHasNullsAndNoZeros) {
  Sql("INSERT INTO lots_gavage (code_lot, site_code) VALUES ('LS2602001', 'LS')");
  const LotStats stats = Stats("LS2602001");
  EXPECT_FALSE(stats.has_nombre_jours_prevus());
  EXPECT_FALSE(stats.has_pourcent_avancement());
  EXPECT_FALSE(stats.poids().has_initial());
  EXPECT_FALSE(stats.doses().has_total_donne());
  EXPECT_FALSE(stats.doses().has_objectif_total());
  EXPECT_FALSE(stats.conformite().has_taux_conformite());
  EXPECT_FALSE(stats.sante().has_mortalite_totale());
  EXPECT_EQ(stats.itm().nature(), "inconnu");
  EXPECT_EQ(stats.conformite_reglementaire(1).statut(), "inconnu");
  feeding::v1::GetLotStatsRequest request;
  request.set_lot("LS2602009");
  LotStats response;
  EXPECT_EQ(Call(*stub_, &PerformanceService::Stub::GetLotStats, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(PerformanceServiceTest, PagesOfLotsFollowEachOtherByCode) {
  for (int i = 1; i <= 5; ++i) AddRunningLot(absl::StrCat("LL260200", i));
  feeding::v1::ListLotPerformancesRequest request;
  request.set_statut("actif");
  request.set_limit(2);
  std::vector<std::string> codes;
  for (int page = 0; page < 3; ++page) {
    feeding::v1::ListLotPerformancesResponse response;
    ASSERT_TRUE(Call(*stub_, &PerformanceService::Stub::ListLotPerformances, request, &response).ok());
    for (const auto& lot : response.lots()) codes.push_back(lot.code_lot());
    EXPECT_EQ(response.next_page_token().empty(), page == 2);
    request.set_page_token(response.next_page_token());
  }
  EXPECT_THAT(codes, ElementsAre("LL2602001", "LL2602002", "LL2602003", "LL2602004", "LL2602005"));
  feeding::v1::ListLotPerformancesRequest bad;
  bad.set_site_code("XX");
  bad.set_statut("TERMINE");
  bad.set_label("label_rouge");
  bad.set_conformite("oui");
  bad.set_limit(201);
  bad.set_page_token("?");
  feeding::v1::ListLotPerformancesResponse response;
  EXPECT_THAT(BadFields(Call(*stub_, &PerformanceService::Stub::ListLotPerformances, bad, &response)),
              ElementsAre("site_code", "statut", "label", "conformite", "limit", "page_token"));
}

TEST_F(PerformanceServiceTest, QualityOfALotAndOfMany) {
  AddRunningLot("LL2602001");
  AddRunningLot("LL2602002");
  AddSample("LL2602001", 0.9, "A+", 520000);
  AddSample("LL2602001", 0.5, "C", 540000);
  feeding::v1::GetLotQualityRequest request;
  request.set_lot("LL2602001");
  LotQuality lot;
  ASSERT_TRUE(Call(*stub_, &PerformanceService::Stub::GetLotQuality, request, &lot).ok());
  EXPECT_TRUE(lot.has_sqal_data());
  EXPECT_EQ(lot.nb_echantillons(), 2);
  EXPECT_NEAR(lot.poids_foie().moyen_g().value(), 530 * 0.947, 1e-9);
  EXPECT_NEAR(lot.poids_foie().min_g().value(), 520 * 0.947, 1e-9);
  EXPECT_NEAR(lot.poids_foie().ecart_type_g().value(), std::sqrt(200.0) * 0.947, 1e-9);
  EXPECT_EQ(lot.volume().hauteur_moyenne_mm().value(), 50);
  EXPECT_NEAR(lot.scores().moyen().value(), 0.7, 1e-12);
  EXPECT_EQ(lot.grades().majoritaire().value(), "C") << "of two equal counts the worse one";
  EXPECT_EQ(lot.grades().repartition().size(), 5u);
  EXPECT_EQ(lot.grades().pourcent_a_plus_a().value(), 50);
  EXPECT_EQ(lot.conformite().nb_conformes().value(), 1);
  EXPECT_EQ(lot.indices_spectraux().fraicheur().value(), 0.9);
  EXPECT_FALSE(lot.indices_spectraux().has_oxydation());
  EXPECT_LT(lot.dates().premiere_mesure().seconds(), lot.dates().derniere_mesure().seconds());

  feeding::v1::BatchGetLotQualityRequest batch;
  batch.add_ids("LL2602002," + std::to_string(lot.lot_id()));
  feeding::v1::BatchGetLotQualityResponse lots;
  ASSERT_TRUE(Call(*stub_, &PerformanceService::Stub::BatchGetLotQuality, batch, &lots).ok());
  ASSERT_EQ(lots.lots_size(), 2);
  EXPECT_EQ(lots.lots(0).code_lot(), "LL2602002");
  EXPECT_FALSE(lots.lots(0).has_sqal_data());
  EXPECT_FALSE(lots.lots(0).scores().has_moyen());
  EXPECT_FALSE(lots.lots(0).grades().has_majoritaire());
  EXPECT_FALSE(lots.lots(0).conformite().has_nb_conformes());
  EXPECT_EQ(lots.lots(1).nb_echantillons(), 2);
  batch.add_ids("LL2602009");
  batch.add_ids("{LL2602001}");
  const grpc::Status status = Call(*stub_, &PerformanceService::Stub::BatchGetLotQuality, batch, &lots);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_NE(status.error_message().find("LL2602009, {LL2602001}"), std::string::npos);
  batch.clear_ids();
  EXPECT_THAT(BadFields(Call(*stub_, &PerformanceService::Stub::BatchGetLotQuality, batch, &lots)), ElementsAre("ids"));
}

TEST_F(PerformanceServiceTest, CorrelationDataImputeNothing) {
  AddFinalLot(10, 15.6);
  AddRunningLot();
  AddMeal("LL2602001", 0, "matin", "200", 210);
  feeding::v1::ListCorrelationLotsRequest request;
  feeding::v1::ListCorrelationLotsResponse response;
  ASSERT_TRUE(Call(*stub_, &PerformanceService::Stub::ListCorrelationLots, request, &response).ok());
  ASSERT_EQ(response.lots_size(), 2);
  const auto& running = response.lots(0);
  EXPECT_EQ(running.code_lot(), "LL2602001") << "newest first";
  EXPECT_FALSE(running.has_itm());
  EXPECT_FALSE(running.has_poids_foie_moyen());
  EXPECT_EQ(running.total_corn_target().value(), 200);
  EXPECT_EQ(running.mortalite_pct().value(), 1);
  EXPECT_DOUBLE_EQ(response.lots(1).poids_foie_moyen().value(), 500);
  EXPECT_FALSE(response.lots(1).has_sigma());
  request.set_limit(501);
  EXPECT_THAT(BadFields(Call(*stub_, &PerformanceService::Stub::ListCorrelationLots, request, &response)), ElementsAre("limit"));
}

}  // namespace
}  // namespace egi::api
