#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "egi/supervision/v1/dashboard.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"

namespace egi::api {
namespace {

using supervision::v1::CombinedDashboard;
using supervision::v1::GaveurClustering;
using supervision::v1::QualityAnalysis;
using supervision::v1::SupervisionService;
using ::testing::ElementsAre;

// The clock stands at 2026-02-03 10:00 in France: the trend has the days 2026-01-05 to 2026-02-03, the one before 2025-12-06 to 2026-01-04.
class SupervisionServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = SupervisionService::NewStub(channel_);
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (4, 'Gaveur 4', 'LL'), (5, 'Gaveur 5', 'LS'), (6, 'Gaveur 6', 'LS')");
  }

  // Fed for 10 days from `first_day`; corn in g per duck.
  void AddFinalLot(const std::string& code, int gaveur, const std::string& first_day, int hung, double corn_g, const std::string& itm,
                   const std::string& sigma = "NULL") {
    Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, genetique, debut_lot, duree_gavage_reelle, total_corn_real, itm, sigma, "
                     "nb_canards_meg, nb_canards_accroches, pctg_perte_gavage) VALUES ('", code, "', '", code.substr(0, 2), "', ", gaveur,
                     ", 'abattu', 'Mulard', '", first_day, "', 10, ", corn_g, ", ", itm, ", ", sigma, ", ", hung + 20, ", ", hung, ", ", 20.0 / (hung + 20), ")"));
  }
  void AddSamples(const std::string& code, const std::string& time, int count, double score, const std::string& grade) {
    for (int i = 0; i < count; ++i) {
      ++samples_;
      Sql(absl::StrCat("INSERT INTO sqal_samples (time, device_id, sample_id, lot_id, code_lot, site_code, fusion_final_score, fusion_final_grade, "
                       "fusion_is_compliant, vl53l8ch_volume_mm3) SELECT timestamptz '", time, "' + interval '1 second' * ", samples_, ", 'ESP32_LL_01', 's",
                       samples_, "', id, code_lot, site_code, ", score, ", '", grade, "', '", grade, "' IN ('A+', 'A', 'B'), ", 500000 + 10000 * i,
                       " FROM lots_gavage WHERE code_lot = '", code, "'"));
    }
  }
  // One lot in the trend, one before, one long ago; liver 520, 250 and 800 * 7.6 / 14 kg.
  void AddThreeLots() {
    AddFinalLot("LL4801001", 4, "2026-01-20", 1000, 7800, "15", "0.15");
    AddFinalLot("LS4801002", 5, "2025-12-10", 500, 8000, "16");
    AddFinalLot("LL4801003", 4, "2024-01-03", 800, 7600, "14", "0.17");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, statut, debut_lot, duree_gavage_reelle, total_corn_real, itm, nb_canards_accroches) "
        "VALUES ('MT4801004', 'MT', 'annule', '2026-01-20', 10, 7800, 12, 1000)");
  }

  CombinedDashboard Dashboard(int limit = 0, int min_samples = 0) {
    supervision::v1::GetCombinedDashboardRequest request;
    request.set_limit(limit);
    request.set_min_samples(min_samples);
    CombinedDashboard response;
    const grpc::Status status = Call(*stub_, &SupervisionService::Stub::GetCombinedDashboard, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  QualityAnalysis Analysis(const supervision::v1::AnalyseQualityRequest& request) {
    QualityAnalysis response;
    const grpc::Status status = Call(*stub_, &SupervisionService::Stub::AnalyseQuality, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  GaveurClustering Clusters(const std::string& site) {
    supervision::v1::ClusterGaveursRequest request;
    request.set_site_code(site);
    GaveurClustering response;
    const grpc::Status status = Call(*stub_, &SupervisionService::Stub::ClusterGaveurs, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  int samples_ = 0;
  std::unique_ptr<SupervisionService::Stub> stub_;
};

std::vector<std::string> Codes(const QualityAnalysis& analysis) {
  std::vector<std::string> codes;
  for (const auto& lot : analysis.lots()) codes.push_back(lot.code_lot());
  return codes;
}

TEST_F(SupervisionServiceTest, WhatNothingIsKnownOfIsNullAndNotZero) {
  const CombinedDashboard dashboard = Dashboard();
  for (const auto* indicator : {&dashboard.indicateurs().production(), &dashboard.indicateurs().itm(), &dashboard.indicateurs().conformite(),
                                &dashboard.indicateurs().qualite().score()}) {
    EXPECT_FALSE(indicator->has_valeur());
    EXPECT_FALSE(indicator->has_derniers_30_jours());
    EXPECT_FALSE(indicator->has_variation());
    EXPECT_FALSE(indicator->definition().empty());
  }
  EXPECT_FALSE(dashboard.indicateurs().qualite().has_grade_majoritaire());
  ASSERT_EQ(dashboard.sites_size(), 3);
  EXPECT_EQ(dashboard.sites(2).site_code(), "MT");
  EXPECT_FALSE(dashboard.sites(2).has_production_kg());
  EXPECT_FALSE(dashboard.sites(2).has_itm());
  EXPECT_FALSE(dashboard.sites(2).has_score_moyen_pct());
  EXPECT_EQ(dashboard.nuage().n(), 0);
  EXPECT_FALSE(dashboard.nuage().has_pearson());
  EXPECT_EQ(dashboard.alertes_size(), 0);
}

TEST_F(SupervisionServiceTest, ProductionAndItmOfAllTimeAndOfBothPeriods) {
  AddThreeLots();
  const CombinedDashboard dashboard = Dashboard();
  EXPECT_EQ(dashboard.periodes().debut(), "2026-01-05");
  EXPECT_EQ(dashboard.periodes().fin(), "2026-02-03");
  EXPECT_EQ(dashboard.periodes().debut_precedents(), "2025-12-06");
  EXPECT_EQ(dashboard.periodes().fin_precedents(), "2026-01-04");
  const auto& production = dashboard.indicateurs().production();
  EXPECT_NEAR(production.valeur().value(), 520 + 250 + 800 * 7.6 / 14, 1e-9);
  EXPECT_EQ(production.effectif(), 3);
  EXPECT_NEAR(production.derniers_30_jours().value(), 520, 1e-9);
  EXPECT_NEAR(production.precedents_30_jours().value(), 250, 1e-9);
  EXPECT_NEAR(production.variation().value(), 270, 1e-9);
  EXPECT_NEAR(production.variation_pct().value(), 108, 1e-9);
  const auto& itm = dashboard.indicateurs().itm();
  EXPECT_NEAR(itm.valeur().value(), (7800 + 4000 + 6080) / (520 + 250 + 800 * 7.6 / 14), 1e-9) << "weighted by corn, not a mean of 15, 16 and 14";
  EXPECT_NEAR(itm.variation().value(), -1, 1e-9);
  EXPECT_NEAR(dashboard.sites(0).production_kg().value(), 520 + 800 * 7.6 / 14, 1e-9);
  EXPECT_EQ(dashboard.sites(0).nb_lots_finaux(), 2);
  EXPECT_FALSE(dashboard.sites(2).has_production_kg()) << "a cancelled lot counts nowhere";
}

TEST_F(SupervisionServiceTest, QualityIsTheMajorityGradeBesideTheMeanScore) {
  AddThreeLots();
  AddSamples("LL4801001", "2026-02-01 08:00+00", 2, 0.9, "A+");
  AddSamples("LL4801001", "2026-02-01 08:00+00", 2, 0.5, "C");
  AddSamples("LS4801002", "2026-01-04 22:59+00", 1, 0.8, "A");  // 23:59 of the day before the trend, in France
  const CombinedDashboard dashboard = Dashboard();
  const auto& quality = dashboard.indicateurs().qualite();
  EXPECT_NEAR(quality.score().valeur().value(), 100 * (0.9 * 2 + 0.5 * 2 + 0.8) / 5, 1e-9);
  EXPECT_NEAR(quality.score().derniers_30_jours().value(), 70, 1e-9);
  EXPECT_NEAR(quality.score().precedents_30_jours().value(), 80, 1e-9);
  EXPECT_EQ(quality.score().effectif_precedents(), 1);
  EXPECT_EQ(quality.grade_majoritaire().value(), "C") << "of two equal counts the worse one";
  EXPECT_NEAR(quality.part_grade_majoritaire_pct().value(), 40, 1e-9);
  EXPECT_NEAR(dashboard.indicateurs().conformite().valeur().value(), 60, 1e-9);
  EXPECT_NEAR(dashboard.indicateurs().conformite().variation().value(), -50, 1e-9);
  EXPECT_EQ(dashboard.sites(1).grade_majoritaire().value(), "A");
  EXPECT_NEAR(dashboard.sites(1).score_moyen_pct().value(), 80, 1e-9);
  EXPECT_EQ(dashboard.sites(0).nb_echantillons(), 4);
}

TEST_F(SupervisionServiceTest, TheScatterHasAPointALotWithItsLine) {
  AddThreeLots();
  AddSamples("LL4801001", "2026-02-01 08:00+00", 2, 0.70, "A");
  AddSamples("LS4801002", "2026-02-01 08:00+00", 2, 0.65, "B");
  AddSamples("LL4801003", "2026-02-01 08:00+00", 3, 0.72, "A");
  AddSamples("MT4801004", "2026-02-01 08:00+00", 3, 0.10, "REJECT");
  const auto scatter = Dashboard(0, 1).nuage();
  ASSERT_EQ(scatter.n(), 3) << "cancelled lots are no points";
  EXPECT_EQ(scatter.lots(0).code_lot(), "LS4801002");
  EXPECT_EQ(scatter.lots(2).sample_count(), 3);
  // x = 16, 15, 14; y = 0.65, 0.70, 0.72: mean 0.69, slope (-0.04 - 0.03) / 2.
  EXPECT_NEAR(scatter.droite().pente(), -0.035, 1e-9);
  EXPECT_NEAR(scatter.droite().ordonnee(), 0.69 + 0.035 * 15, 1e-9);
  EXPECT_NEAR(scatter.pearson().value(), -0.07 / std::sqrt(2 * (0.04 * 0.04 + 0.01 * 0.01 + 0.03 * 0.03)), 1e-9);
  EXPECT_FALSE(scatter.pearson().has_lower_95()) << "three lots bound nothing";
  EXPECT_EQ(scatter.droite().points(0).itm(), 14);
  EXPECT_EQ(scatter.droite().points(scatter.droite().points_size() - 1).itm(), 16);
  EXPECT_LT(scatter.droite().points(0).bas_95(), scatter.droite().points(0).score());
  EXPECT_EQ(Dashboard().nuage().n(), 0) << "by default a point needs more than 10 samples";
}

TEST_F(SupervisionServiceTest, OpenAlertsOfBothWorldsStandInOneListNewestFirst) {
  AddThreeLots();
  Sql("INSERT INTO alertes_euralis (time, niveau, site_code, lot_id, code_lot, gaveur_id, type_alerte, severite, message, acquittee, acquittee_le, closed_at, "
      "shelved_until) SELECT v.time, 'lot', 'LL', l.id, l.code_lot, 4, v.type, v.severite, v.type, v.ack, CASE WHEN v.ack THEN v.time END, v.closed, v.shelved "
      "FROM lots_gavage l, (VALUES (timestamptz '2026-02-03 07:00+00', 'mortalite_haute', 'critique', false, NULL::timestamptz, NULL::timestamptz), "
      "('2026-02-03 06:00+00', 'acknowledged', 'warning', true, NULL, NULL), ('2026-02-03 06:00+00', 'closed', 'warning', false, '2026-02-03 06:30+00', NULL), "
      "('2026-02-03 06:00+00', 'shelved', 'warning', false, NULL, '2026-02-03 12:00+00'), "
      "('2026-02-02 06:00+00', 'shelved_before', 'warning', false, NULL, '2026-02-03 08:00+00')) v (time, type, severite, ack, closed, shelved) "
      "WHERE l.code_lot = 'LL4801001'");
  Sql("INSERT INTO sqal_alerts (time, device_id, sample_id, site_code, lot_id, code_lot, alert_type, severity, message) "
      "SELECT '2026-02-03 07:30+00', 'ESP32_LS_01', 's1', 'LS', id, code_lot, 'grade_reject', 'critical', 'rejected' FROM lots_gavage WHERE code_lot = 'LS4801002'");
  const CombinedDashboard dashboard = Dashboard();
  EXPECT_EQ(dashboard.nb_alertes_sqal(), 1);
  EXPECT_EQ(dashboard.nb_alertes_euralis(), 2);
  ASSERT_EQ(dashboard.alertes_size(), 3);
  const auto& sqal = dashboard.alertes(0);
  EXPECT_EQ(sqal.origine(), "SQAL");
  EXPECT_EQ(sqal.severite(), "critique");
  EXPECT_EQ(sqal.device_id().value(), "ESP32_LS_01");
  EXPECT_EQ(sqal.code_lot().value(), "LS4801002");
  EXPECT_EQ(sqal.gaveur_id().value(), 5) << "the feeder of the lot";
  EXPECT_EQ(dashboard.alertes(1).origine(), "EURALIS");
  EXPECT_EQ(dashboard.alertes(1).type_alerte(), "mortalite_haute");
  EXPECT_FALSE(dashboard.alertes(1).has_device_id());
  EXPECT_EQ(dashboard.alertes(2).type_alerte(), "shelved_before") << "its silence is over";
  const CombinedDashboard one = Dashboard(1);
  EXPECT_EQ(one.alertes_size(), 1);
  EXPECT_EQ(one.nb_alertes_euralis(), 2) << "counts do not stop at the limit";
}

TEST_F(SupervisionServiceTest, LotsHaveTheirItmWithItsNatureAndSigmaOnlyWhereMeasured) {
  AddThreeLots();
  AddSamples("LS4801002", "2026-02-01 08:00+00", 2, 0.9, "A+");
  AddSamples("LS4801002", "2026-02-01 08:00+00", 1, 0.5, "C");
  Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, genetique, debut_lot, duree_gavage_prevue, nb_canards_initial) "
      "VALUES ('LL2602001', 'LL', 4, 'en_gavage', 'Mulard', '2026-02-01', 10, 1000)");
  const QualityAnalysis analysis = Analysis({});
  ASSERT_THAT(Codes(analysis), ElementsAre("LL2602001", "LL4801001", "LS4801002", "LL4801003"));
  const auto& running = analysis.lots(0);
  EXPECT_EQ(running.itm().nature(), "projection");
  EXPECT_EQ(running.sigma().nature(), "inconnu");
  EXPECT_FALSE(running.sigma().has_valeur());
  EXPECT_FALSE(running.has_fin_lot());
  EXPECT_FALSE(running.has_score_moyen_pct());
  EXPECT_TRUE(running.repartition().empty());
  const auto& final_lot = analysis.lots(1);
  EXPECT_EQ(final_lot.itm().nature(), "final");
  EXPECT_EQ(final_lot.itm().classe().value(), "C");
  EXPECT_EQ(final_lot.sigma().valeur().value(), 0.15);
  EXPECT_EQ(final_lot.fin_lot().value(), "2026-01-30");
  EXPECT_NEAR(final_lot.mortalite_pct().value(), 100 * 20.0 / 1020, 1e-4);
  const auto& measured = analysis.lots(2);
  EXPECT_EQ(measured.sigma().nature(), "estimation_capteurs");
  EXPECT_EQ(measured.sigma().effectif(), 3);
  EXPECT_NEAR(measured.score_moyen_pct().value(), 100 * 2.3 / 3, 1e-9);
  EXPECT_EQ(measured.grade_majoritaire().value(), "A+");
  EXPECT_EQ(measured.repartition().at("C"), 1);
  EXPECT_EQ(measured.repartition().size(), 5u);

  const auto& summary = analysis.resume();
  EXPECT_EQ(summary.nb_lots(), 4);
  EXPECT_EQ(summary.nb_lots_finaux(), 3);
  EXPECT_NEAR(summary.itm_moyen().value(), 15, 1e-9);
  EXPECT_NEAR(summary.itm_pondere().value(), (7800 + 4000 + 6080) / (520 + 250 + 800 * 7.6 / 14), 1e-9);
  EXPECT_NEAR(summary.sigma_moyen().value(), 0.16, 1e-9);
  EXPECT_EQ(summary.nb_lots_sigma(), 2);
  EXPECT_NEAR(summary.mortalite_pct().value(), 100 * 60.0 / 2360, 1e-9);
  std::vector<int> classes;
  for (const auto& each : analysis.classes()) classes.push_back(each.nb_lots());
  EXPECT_THAT(classes, ElementsAre(0, 1, 1, 1, 0)) << "14 is B, 15 is C, 16 is D";
  EXPECT_NEAR(analysis.classes(1).part_pct().value(), 100.0 / 3, 1e-9);
  ASSERT_EQ(analysis.histogramme_itm_size(), 5);
  EXPECT_EQ(analysis.histogramme_itm(0).bas(), 14);
  EXPECT_EQ(analysis.histogramme_itm(1).nb_lots(), 0);
  EXPECT_EQ(analysis.histogramme_itm(4).nb_lots(), 1);
  ASSERT_EQ(analysis.histogramme_sigma_size(), 2);
  EXPECT_NEAR(analysis.histogramme_sigma(0).bas(), 0.14, 1e-9);
}

TEST_F(SupervisionServiceTest, PagesFollowEachOtherAndTheFiguresCountEveryLotOfTheFilter) {
  AddThreeLots();
  supervision::v1::AnalyseQualityRequest request;
  request.set_limit(1);
  std::vector<std::string> codes;
  for (int page = 0; page < 3; ++page) {
    const QualityAnalysis analysis = Analysis(request);
    EXPECT_EQ(analysis.resume().nb_lots(), 3);
    for (const auto& code : Codes(analysis)) codes.push_back(code);
    EXPECT_EQ(analysis.next_page_token().empty(), page == 2);
    request.set_page_token(analysis.next_page_token());
  }
  EXPECT_THAT(codes, ElementsAre("LL4801001", "LS4801002", "LL4801003"));
  supervision::v1::AnalyseQualityRequest period;
  period.set_from("2025-12-20");
  period.set_to("2025-12-20");
  EXPECT_THAT(Codes(Analysis(period)), ElementsAre("LS4801002")) << "fed from the 10th, for 10 days; both ends are inclusive";
  period.set_site_code("LL");
  const QualityAnalysis nothing = Analysis(period);
  EXPECT_EQ(nothing.lots_size(), 0);
  EXPECT_FALSE(nothing.resume().has_itm_moyen());
  EXPECT_FALSE(nothing.resume().has_production_kg());
  EXPECT_EQ(nothing.classes_size(), 5);
  EXPECT_FALSE(nothing.classes(0).has_part_pct());
  EXPECT_EQ(nothing.histogramme_itm_size(), 0);
}

TEST_F(SupervisionServiceTest, EveryBadFieldIsNamed) {
  supervision::v1::AnalyseQualityRequest request;
  request.set_site_code("XX");
  request.set_from("2026-2-3");
  request.set_to("hier");
  request.set_limit(201);
  request.set_page_token("?");
  QualityAnalysis analysis;
  EXPECT_THAT(BadFields(Call(*stub_, &SupervisionService::Stub::AnalyseQuality, request, &analysis)), ElementsAre("site_code", "from", "to", "limit", "page_token"));
  request = {};
  request.set_from("2026-02-03");
  request.set_to("2026-02-02");
  EXPECT_THAT(BadFields(Call(*stub_, &SupervisionService::Stub::AnalyseQuality, request, &analysis)), ElementsAre("to"));
  supervision::v1::GetCombinedDashboardRequest dashboard;
  dashboard.set_min_samples(-1);
  dashboard.set_limit(201);
  CombinedDashboard response;
  EXPECT_THAT(BadFields(Call(*stub_, &SupervisionService::Stub::GetCombinedDashboard, dashboard, &response)), ElementsAre("min_samples", "limit"));
  supervision::v1::ClusterGaveursRequest clusters;
  clusters.set_site_code("ll");
  GaveurClustering clustering;
  EXPECT_THAT(BadFields(Call(*stub_, &SupervisionService::Stub::ClusterGaveurs, clusters, &clustering)), ElementsAre("site_code"));
}

TEST_F(SupervisionServiceTest, FeedersAreGroupedByTheThresholdsOfTheirWeightedItm) {
  AddThreeLots();  // feeder 4: (7800 + 6080) / (520 + 434.3) = 14.54; feeder 5: 16
  const GaveurClustering clustering = Clusters("");
  EXPECT_EQ(clustering.methode(), "seuils");
  EXPECT_NE(clustering.description().find("K-means"), std::string::npos);
  EXPECT_EQ(clustering.nb_gaveurs(), 2);
  EXPECT_THAT(clustering.gaveurs_sans_lot_final(), ElementsAre(6));
  ASSERT_EQ(clustering.clusters_size(), 5);
  const auto& good = clustering.clusters(2);
  EXPECT_EQ(good.cluster_label(), "Bon");
  EXPECT_EQ(good.couleur(), "#f59e0b");
  EXPECT_THAT(good.gaveur_ids(), ElementsAre(4));
  EXPECT_NEAR(good.itm_moyen().value(), (7800 + 6080) / (520 + 800 * 7.6 / 14), 1e-9);
  EXPECT_NEAR(good.sigma_moyen().value(), 0.16, 1e-9);
  EXPECT_NEAR(good.mortalite_moyenne().value(), 100 * 40.0 / 1840, 1e-9);
  EXPECT_NEAR(good.production_totale_kg().value(), 520 + 800 * 7.6 / 14, 1e-9);
  EXPECT_EQ(good.itm_au_dessus_de().value(), 14.5);
  EXPECT_EQ(good.itm_jusqu_a().value(), 15.5);
  const auto& worse = clustering.clusters(3);
  EXPECT_EQ(worse.cluster_label(), "À améliorer");
  EXPECT_NE(worse.recommandation().find("Pertes de 3,8 %"), std::string::npos) << worse.recommandation();
  EXPECT_FALSE(worse.has_sigma_moyen());
  const auto& best = clustering.clusters(0);
  EXPECT_EQ(best.nb_gaveurs(), 0);
  EXPECT_FALSE(best.has_itm_moyen());
  EXPECT_FALSE(best.has_production_totale_kg());
  EXPECT_FALSE(best.has_itm_au_dessus_de());
  EXPECT_THAT(Clusters("LS").clusters(3).gaveur_ids(), ElementsAre(5));
  EXPECT_EQ(Clusters("MT").nb_gaveurs(), 0);
}

}  // namespace
}  // namespace egi::api
