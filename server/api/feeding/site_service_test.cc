#include "server/api/api_test_server.h"

#include "egi/feeding/v1/site.grpc.pb.h"
#include "gmock/gmock.h"

namespace egi::api {
namespace {

using feeding::v1::SiteService;
using ::testing::ElementsAre;

// A campaign small enough to be computed by hand. LL: 980 * 8 / 16 = 490 kg and 450 * 7.5 / 12.5 = 270 kg of liver; MT: 700 * 7.8 / 13 =
// 420 kg; LS: one running lot and a cancelled one.
class SiteServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (1, 'Gaveur 1', 'LL'), (2, 'Gaveur 2', 'LS'), (3, 'Gaveur 3', 'MT')");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, nb_canards_meg, nb_canards_accroches, total_corn_real, itm, "
        "pctg_perte_gavage, debut_lot, duree_gavage_reelle) VALUES "
        "('LL4801665', 'LL', 1, 'termine', 1000, 980, 8000, 16, 0.02, '2024-01-06', 10), "
        "('LL4803266', 'LL', 1, 'abattu', 500, 450, 7500, 12.5, 0.10, '2024-01-22', 10), "
        "('MT4901210', 'MT', 3, 'termine', 700, 700, 7800, 13, 0, '2024-01-06', 10), "
        "('LS4801299', 'LS', 2, 'annule', 900, 900, 9000, 10, 0, '2024-01-02', 10)");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, nb_canards_initial, total_corn_real) "
        "VALUES ('LS2602001', 'LS', 2, 'en_gavage', 300, 1000)");
    stub_ = SiteService::NewStub(channel_);
  }

  std::unique_ptr<SiteService::Stub> stub_;
};

TEST_F(SiteServiceTest, FiguresOfASiteAreSumsAndWeightedMeans) {
  feeding::v1::GetSiteStatsRequest request;
  request.set_code("LL");
  feeding::v1::SiteStats stats;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::GetSiteStats, request, &stats).ok());
  EXPECT_EQ(stats.site_nom(), "Site Bretagne");
  EXPECT_EQ(stats.nb_lots(), 2);
  EXPECT_EQ(stats.nb_gaveurs(), 1);
  EXPECT_DOUBLE_EQ(stats.itm_moyen().value(), 14.25);
  EXPECT_NEAR(stats.mortalite_moyenne().value(), 6.0, 1e-9);
  EXPECT_NEAR(stats.production_foie_kg(), 760, 1e-9);
  EXPECT_NEAR(stats.itm_pondere().value(), (7840.0 + 3375.0) / 760, 1e-9);
  EXPECT_NEAR(stats.perte_ponderee().value(), 100.0 * 70 / 1500, 1e-9);
  EXPECT_EQ(stats.nb_canards_meg(), 1500);
  EXPECT_EQ(stats.nb_canards_accroches(), 1430);
  EXPECT_NEAR(stats.total_mais_kg(), 11750, 1e-9);
}

TEST_F(SiteServiceTest, MonthIsThatOfTheEndOfTheGavage) {
  feeding::v1::GetSiteStatsRequest request;
  request.set_code("LL");
  request.set_mois("2024-02");
  feeding::v1::SiteStats stats;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::GetSiteStats, request, &stats).ok());
  EXPECT_EQ(stats.nb_lots(), 1);
  EXPECT_NEAR(stats.production_foie_kg(), 270, 1e-9);
}

TEST_F(SiteServiceTest, RunningLotsHaveNoFinalFiguresAndCancelledOnesCountNowhere) {
  feeding::v1::GetSiteStatsRequest request;
  request.set_code("LS");
  feeding::v1::SiteStats stats;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::GetSiteStats, request, &stats).ok());
  EXPECT_EQ(stats.nb_lots(), 1);
  EXPECT_FALSE(stats.has_itm_moyen());
  EXPECT_FALSE(stats.has_itm_pondere());
  EXPECT_FALSE(stats.has_perte_ponderee());
  EXPECT_EQ(stats.production_foie_kg(), 0);
  EXPECT_EQ(stats.nb_canards_meg(), 300);
}

TEST_F(SiteServiceTest, EveryBadFieldIsNamed) {
  feeding::v1::GetSiteStatsRequest request;
  request.set_code("ll");
  request.set_mois("2024-13");
  feeding::v1::SiteStats stats;
  const grpc::Status status = Call(*stub_, &SiteService::Stub::GetSiteStats, request, &stats);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(BadFields(status), ElementsAre("code", "mois"));
}

TEST_F(SiteServiceTest, UnknownSiteIsNotFound) {
  feeding::v1::GetSiteRequest request;
  request.set_code("XX");
  feeding::v1::Site site;
  const grpc::Status status = Call(*stub_, &SiteService::Stub::GetSite, request, &site);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(status), "SITE_NOT_FOUND");
}

TEST_F(SiteServiceTest, SitesCountTheirFeeders) {
  feeding::v1::ListSitesResponse response;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::ListSites, feeding::v1::ListSitesRequest(), &response).ok());
  ASSERT_EQ(response.sites_size(), 3);
  EXPECT_EQ(response.sites(0).code(), "LL");
  EXPECT_EQ(response.sites(0).capacite_gavage_max(), 30000);
  EXPECT_EQ(response.sites(0).nb_gaveurs_actifs(), 0);
  EXPECT_EQ(response.sites(0).nb_gaveurs(), 1);
  EXPECT_EQ(response.sites(1).code(), "LS");
  EXPECT_EQ(response.sites(1).nb_gaveurs_actifs(), 1) << "a running lot";
}

TEST_F(SiteServiceTest, ComparisonRanksLowItmAndHighProductionFirst) {
  feeding::v1::CompareSitesRequest request;
  feeding::v1::CompareSitesResponse response;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::CompareSites, request, &response).ok());
  ASSERT_EQ(response.sites_size(), 3);
  EXPECT_EQ(response.sites(0).site_code(), "MT");
  EXPECT_EQ(response.sites(0).rank(), 1);
  EXPECT_DOUBLE_EQ(response.sites(1).valeur().value(), 14.25);
  EXPECT_EQ(response.sites(2).site_code(), "LS");
  EXPECT_FALSE(response.sites(2).has_valeur());
  request.set_metrique("production");
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::CompareSites, request, &response).ok());
  EXPECT_EQ(response.sites(0).site_code(), "LL");
  EXPECT_NEAR(response.sites(0).valeur().value(), 760, 1e-9);
  request.set_metrique("poids");
  EXPECT_THAT(BadFields(Call(*stub_, &SiteService::Stub::CompareSites, request, &response)), ElementsAre("metrique"));
}

TEST_F(SiteServiceTest, KpisAddTheSitesUp) {
  Sql("INSERT INTO alertes_euralis (time, niveau, site_code, type_alerte, severite, message) VALUES "
      "(now(), 'lot', 'LS', 'mortalite_haute', 'critique', 'm'), (now(), 'lot', 'LS', 'dose_ecart', 'warning', 'm')");
  Sql("INSERT INTO sqal_alerts (time, alert_type, severity, message) VALUES (now(), 'quality_critical', 'critical', 'm')");
  feeding::v1::GetKpisResponse kpis;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::GetKpis, feeding::v1::GetKpisRequest(), &kpis).ok());
  EXPECT_NEAR(kpis.production_totale_kg(), 1180, 1e-9);
  EXPECT_EQ(kpis.nb_lots_actifs(), 1);
  EXPECT_EQ(kpis.nb_lots_termines(), 3);
  EXPECT_EQ(kpis.nb_gaveurs_actifs(), 1);
  EXPECT_EQ(kpis.nb_gaveurs(), 3);
  EXPECT_NEAR(kpis.itm_moyen_global().value(), (16 + 12.5 + 13) / 3, 1e-9);
  EXPECT_NEAR(kpis.mortalite_moyenne_globale().value(), 4.0, 1e-9);
  EXPECT_EQ(kpis.nb_alertes_critiques(), 2);
  EXPECT_EQ(kpis.nb_canards_meg(), 2500);
  EXPECT_NEAR(kpis.itm_pondere().value(), (7840.0 + 3375 + 5460) / 1180, 1e-9);
  EXPECT_NEAR(kpis.perte_ponderee().value(), 100.0 * 70 / 2200, 1e-9);
  EXPECT_EQ(kpis.nb_canards_accroches(), 2130);
  EXPECT_NEAR(kpis.total_mais_kg(), 8000 + 3750 + 5460 + 300, 1e-9);
  EXPECT_FALSE(kpis.has_sigma_moyen()) << "nothing was measured";
}

TEST_F(SiteServiceTest, StatisticsOfAllSitesAddUp) {
  Sql("UPDATE lots_gavage SET sigma = 0.15 WHERE code_lot IN ('LL4801665', 'MT4901210')");
  feeding::v1::ListSiteStatsRequest request;
  feeding::v1::ListSiteStatsResponse response;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::ListSiteStats, request, &response).ok());
  ASSERT_EQ(response.sites_size(), 3);
  EXPECT_EQ(response.sites(0).nb_lots_finaux(), 2);
  EXPECT_EQ(response.sites(0).nb_lots_sigma(), 1);
  EXPECT_EQ(response.sites(1).nb_lots_actifs(), 1);
  const auto& total = response.total();
  EXPECT_EQ(total.nb_lots(), 4);
  EXPECT_EQ(total.nb_gaveurs(), 3);
  EXPECT_EQ(total.nb_lots_finaux(), 3);
  EXPECT_NEAR(total.production_foie_kg(), 1180, 1e-9);
  EXPECT_NEAR(total.itm_pondere().value(), (7840.0 + 3375 + 5460) / 1180, 1e-9);
  EXPECT_NEAR(total.perte_ponderee().value(), 100.0 * 70 / 2200, 1e-9);
  EXPECT_NEAR(total.sigma_moyen().value(), 0.15, 1e-12) << "only where it was measured";
  request.set_mois("2024-02");
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::ListSiteStats, request, &response).ok());
  EXPECT_NEAR(response.total().production_foie_kg(), 270, 1e-9);
  request.set_mois("February");
  EXPECT_THAT(BadFields(Call(*stub_, &SiteService::Stub::ListSiteStats, request, &response)), ElementsAre("mois"));
}

TEST_F(SiteServiceTest, ProductionCountsBackFromTheNewestEndDay) {
  feeding::v1::ListProductionRequest request;
  request.set_periode(16);  // from 2024-02-01 back to 2024-01-17
  feeding::v1::ListProductionResponse response;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::ListProduction, request, &response).ok());
  ASSERT_EQ(response.points_size(), 1);
  EXPECT_EQ(response.points(0).date(), "2024-02-01");
  request.set_periode(17);
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::ListProduction, request, &response).ok());
  ASSERT_EQ(response.points_size(), 3);
  EXPECT_EQ(response.points(0).date(), "2024-01-16");
  EXPECT_EQ(response.points(0).site_code(), "LL");
  EXPECT_NEAR(response.points(0).production_kg(), 490, 1e-9);
  EXPECT_EQ(response.points(1).site_code(), "MT");
  request.set_periode(3651);
  EXPECT_THAT(BadFields(Call(*stub_, &SiteService::Stub::ListProduction, request, &response)), ElementsAre("periode"));
}

TEST_F(SiteServiceTest, ItmDistributionHasSampleDeviationAndQuartiles) {
  feeding::v1::ListItmResponse response;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::ListItm, feeding::v1::ListItmRequest(), &response).ok());
  ASSERT_EQ(response.sites_size(), 2);
  EXPECT_NEAR(response.sites(0).itm_stddev(), 3.5 / std::sqrt(2.0), 1e-9);
  EXPECT_DOUBLE_EQ(response.sites(0).q1(), 13.375);
  EXPECT_DOUBLE_EQ(response.sites(0).median(), 14.25);
  EXPECT_EQ(response.sites(1).itm_stddev(), 0);
  EXPECT_EQ(response.sites(0).nb_lots(), 2);
  EXPECT_NEAR(response.sites(0).itm_pondere().value(), (7840.0 + 3375) / 760, 1e-9);
  EXPECT_EQ(response.sites(0).classes().size(), 5u);
  EXPECT_EQ(response.sites(0).classes().at("A"), 1);
  EXPECT_EQ(response.sites(0).classes().at("D"), 1);
  EXPECT_EQ(response.sites(1).classes().at("B"), 1);
}

TEST_F(SiteServiceTest, HealthTellsThatTheDatabaseIsGone) {
  feeding::v1::GetSupervisionHealthResponse health;
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::GetHealth, feeding::v1::GetSupervisionHealthRequest(), &health).ok());
  EXPECT_EQ(health.status(), "healthy");
  EXPECT_EQ(health.sites(), 3);
  EXPECT_EQ(health.lots(), 5);
  EXPECT_EQ(health.timestamp().seconds(), 1770109200);
  database_.reset();
  ASSERT_TRUE(Call(*stub_, &SiteService::Stub::GetHealth, feeding::v1::GetSupervisionHealthRequest(), &health).ok());
  EXPECT_EQ(health.status(), "unhealthy");
  EXPECT_EQ(health.database(), "disconnected");
  feeding::v1::GetKpisResponse kpis;
  EXPECT_EQ(Call(*stub_, &SiteService::Stub::GetKpis, feeding::v1::GetKpisRequest(), &kpis).error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace egi::api
