#include "egi/feeding/v1/gaveur.grpc.pb.h"
#include "gmock/gmock.h"
#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "pqxx/pqxx"
#include "server/api/api_test_server.h"
#include "server/storage/write/gaveur_store.h"

namespace egi::api {
namespace {

using feeding::v1::Gaveur;
using feeding::v1::GaveurService;
using ::testing::ElementsAre;

// The campaign of site_service_test, computed by hand. Feeder 1 (LL): 980 * 8 / 16 = 490 kg and 450 * 7.5 / 12.5 = 270 kg of liver, so ITM (7840 + 3375) / 760; feeder
// 2 (LS) has a running and a cancelled lot; feeder 3 (MT) 700 * 7.8 / 13 = 420 kg; feeder 4 (LL) none.
class GaveurServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    Sql("INSERT INTO gaveurs_euralis (id, nom, prenom, site_code) VALUES (1, 'Somebody', 'By Name', 'LL'), (2, 'Gaveur 2', NULL, 'LS'), "
        "(3, 'Gaveur 3', NULL, 'MT'), (4, 'Gaveur 4', NULL, 'LL')");
    Sql("INSERT INTO gaveurs_contact (gaveur_id, nom_complet, email, telephone1) VALUES (1, 'By Name Somebody', 'some@body.example', '0102030405')");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, nb_canards_meg, nb_canards_accroches, total_corn_real, itm, "
        "pctg_perte_gavage, debut_lot, duree_gavage_reelle, sigma, poids_moyen_initial, poids_moyen_actuel, souche) VALUES "
        "('LL4801665', 'LL', 1, 'termine', 1000, 980, 8000, 16, 0.02, '2024-01-06', 10, 0.15, 4500, 6500, 'CF80* - M15 V2E SFM'), "
        "('LL4803266', 'LL', 1, 'abattu', 500, 450, 7500, 12.5, 0.10, '2024-01-22', 10, NULL, NULL, NULL, NULL), "
        "('MT4901210', 'MT', 3, 'termine', 700, 700, 7800, 13, 0, '2024-01-06', 10, 0.17, NULL, NULL, NULL), "
        "('LS4801299', 'LS', 2, 'annule', 900, 900, 9000, 10, 0, '2024-01-02', 10, NULL, NULL, NULL, NULL)");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, nb_canards_initial, total_corn_real) "
        "VALUES ('LS2602001', 'LS', 2, 'en_gavage', 300, 1000)");
    stub_ = GaveurService::NewStub(channel_);
  }

  template <typename Request, typename Response, typename Method>
  Response Ask(Method method, const Request& request) {
    Response response;
    const grpc::Status status = Call(*stub_, method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  Gaveur Get(int id) {
    feeding::v1::GetGaveurRequest request;
    request.set_id(id);
    return Ask<feeding::v1::GetGaveurRequest, Gaveur>(&GaveurService::Stub::GetGaveur, request);
  }
  feeding::v1::GaveurAnalytics Analytics(int id) {
    feeding::v1::GetGaveurAnalyticsRequest request;
    request.set_id(id);
    return Ask<feeding::v1::GetGaveurAnalyticsRequest, feeding::v1::GaveurAnalytics>(&GaveurService::Stub::GetGaveurAnalytics, request);
  }
  feeding::v1::GaveurStats Stats(int id, const std::string& from = "", const std::string& to = "") {
    feeding::v1::GetGaveurStatsRequest request;
    request.set_gaveur_id(id);
    request.set_debut(from);
    request.set_fin(to);
    return Ask<feeding::v1::GetGaveurStatsRequest, feeding::v1::GaveurStats>(&GaveurService::Stub::GetGaveurStats, request);
  }

  std::unique_ptr<GaveurService::Stub> stub_;
};

TEST_F(GaveurServiceTest, NobodyIsNamed) {
  const Gaveur gaveur = Get(1);
  EXPECT_EQ(gaveur.nom(), "Gaveur 1");
  EXPECT_FALSE(gaveur.has_prenom());
  EXPECT_FALSE(gaveur.has_email());
  EXPECT_FALSE(gaveur.has_telephone());
  EXPECT_EQ(gaveur.site_code().value(), "LL");
  EXPECT_EQ(gaveur.nb_lots_total(), 2);
  EXPECT_EQ(gaveur.nb_lots_termines(), 2);
  EXPECT_EQ(Get(2).nb_lots_actifs(), 1);
  EXPECT_EQ(Get(2).nb_lots_total(), 1) << "a cancelled lot counts nowhere";
}

TEST_F(GaveurServiceTest, UnknownFeederIsNotFoundEverywhere) {
  feeding::v1::GetGaveurRequest get;
  get.set_id(99);
  Gaveur gaveur;
  grpc::Status status = Call(*stub_, &GaveurService::Stub::GetGaveur, get, &gaveur);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(status), "GAVEUR_NOT_FOUND");
  feeding::v1::GetGaveurAnalyticsRequest analytics;
  analytics.set_id(99);
  feeding::v1::GaveurAnalytics figures;
  EXPECT_EQ(Call(*stub_, &GaveurService::Stub::GetGaveurAnalytics, analytics, &figures).error_code(), grpc::StatusCode::NOT_FOUND);
  feeding::v1::GetPerformanceHistoryRequest history;
  history.set_gaveur_id(99);
  feeding::v1::GetPerformanceHistoryResponse lots;
  EXPECT_EQ(Call(*stub_, &GaveurService::Stub::GetPerformanceHistory, history, &lots).error_code(), grpc::StatusCode::NOT_FOUND);
  feeding::v1::GetGaveurStatsRequest stats;
  stats.set_gaveur_id(99);
  feeding::v1::GaveurStats answer;
  EXPECT_EQ(Call(*stub_, &GaveurService::Stub::GetGaveurStats, stats, &answer).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GaveurServiceTest, SiteListsItsFeedersWithTheLotsThere) {
  feeding::v1::ListSiteGaveursRequest request;
  request.set_code("LL");
  auto list = Ask<feeding::v1::ListSiteGaveursRequest, feeding::v1::ListSiteGaveursResponse>(&GaveurService::Stub::ListSiteGaveurs, request);
  ASSERT_EQ(list.gaveurs_size(), 2);
  EXPECT_EQ(list.gaveurs(0).nom(), "Gaveur 1");
  EXPECT_EQ(list.gaveurs(0).nb_lots(), 2);
  EXPECT_EQ(list.gaveurs(0).site_origine(), "Bretagne");
  EXPECT_EQ(list.gaveurs(1).nb_lots(), 0);
  request.set_code("XX");
  EXPECT_EQ(Call(*stub_, &GaveurService::Stub::ListSiteGaveurs, request, &list).error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_code("ll");
  EXPECT_THAT(BadFields(Call(*stub_, &GaveurService::Stub::ListSiteGaveurs, request, &list)), ElementsAre("code"));
}

TEST_F(GaveurServiceTest, PerformancesAreWeightedAndLowItmComesFirst) {
  feeding::v1::ListGaveurPerformancesRequest request;
  auto list = Ask<feeding::v1::ListGaveurPerformancesRequest, feeding::v1::ListGaveurPerformancesResponse>(
      &GaveurService::Stub::ListGaveurPerformances, request);
  ASSERT_EQ(list.gaveurs_size(), 4);
  EXPECT_EQ(list.gaveurs(0).gaveur_id(), 3);
  EXPECT_EQ(list.gaveurs(0).cluster_label().value(), "Excellent");
  EXPECT_EQ(list.gaveurs(0).cluster_id().value(), 0);
  const auto& first = list.gaveurs(1);
  EXPECT_EQ(first.gaveur_id(), 1);
  EXPECT_NEAR(first.itm_moyen().value(), (7840.0 + 3375) / 760, 1e-9);
  EXPECT_NEAR(first.mortalite_moyenne().value(), 100.0 * 70 / 1500, 1e-9);
  EXPECT_DOUBLE_EQ(first.sigma_moyen().value(), 0.15);
  EXPECT_NEAR(first.production_totale_kg(), 760, 1e-9);
  EXPECT_EQ(first.cluster_label().value(), "Bon");
  EXPECT_EQ(list.gaveurs(2).gaveur_id(), 2);
  EXPECT_FALSE(list.gaveurs(2).has_itm_moyen());
  EXPECT_FALSE(list.gaveurs(2).has_cluster_label()) << "no final lot, no cluster";
  request.set_cluster_label("Bon");
  list = Ask<feeding::v1::ListGaveurPerformancesRequest, feeding::v1::ListGaveurPerformancesResponse>(&GaveurService::Stub::ListGaveurPerformances,
                                                                                                      request);
  ASSERT_EQ(list.gaveurs_size(), 1);
  EXPECT_EQ(list.gaveurs(0).gaveur_id(), 1);
  request.set_cluster_label("Mauvais");
  request.set_site_code("XX");
  request.set_limit(501);
  EXPECT_THAT(BadFields(Call(*stub_, &GaveurService::Stub::ListGaveurPerformances, request, &list)), ElementsAre("site_code", "cluster_label", "limit"));
}

TEST_F(GaveurServiceTest, AnalyticsRankInSiteAndCooperative) {
  Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, nb_canards_meg, nb_canards_accroches, total_corn_real, itm, debut_lot, "
      "duree_gavage_reelle) VALUES ('LL4804010', 'LL', 4, 'abattu', 100, 100, 7800, 13, '2024-01-30', 10)");
  const auto first = Analytics(1);
  EXPECT_EQ(first.rang_site().value(), 2);
  EXPECT_EQ(first.total_gaveurs_site(), 2);
  EXPECT_EQ(first.rang_euralis().value(), 3) << "feeders 3 and 4 share the first place";
  EXPECT_EQ(first.total_gaveurs_euralis(), 3);
  EXPECT_NEAR(first.itm_site_moyen().value(), (7840.0 + 3375 + 780) / (760 + 60), 1e-9);
  EXPECT_NEAR(first.itm_euralis_moyen().value(), (7840.0 + 3375 + 780 + 5460) / (760 + 60 + 420), 1e-9);
  ASSERT_EQ(first.evolution_itm_7j_size(), 2);
  EXPECT_EQ(first.evolution_itm_7j(0).date(), "2024-01-16");
  EXPECT_DOUBLE_EQ(first.evolution_itm_7j(0).itm(), 16);
  EXPECT_EQ(first.evolution_itm_7j(1).date(), "2024-02-01");
  EXPECT_EQ(Analytics(3).rang_euralis().value(), 1);
  EXPECT_EQ(Analytics(4).rang_euralis().value(), 1);
  EXPECT_FALSE(Analytics(2).has_rang_site());
  EXPECT_FALSE(Analytics(2).has_itm_site_moyen());
}

TEST_F(GaveurServiceTest, HistoryIsNewestFirstAndImpliesTheLiver) {
  feeding::v1::GetPerformanceHistoryRequest request;
  request.set_gaveur_id(1);
  auto history = Ask<feeding::v1::GetPerformanceHistoryRequest, feeding::v1::GetPerformanceHistoryResponse>(
      &GaveurService::Stub::GetPerformanceHistory, request);
  ASSERT_EQ(history.lots_size(), 2);
  EXPECT_EQ(history.lots(0).code_lot(), "LL4803266");
  EXPECT_DOUBLE_EQ(history.lots(1).poids_foie_moyen_g().value(), 500);
  EXPECT_DOUBLE_EQ(history.lots(1).total_mais_kg().value(), 8000);
  EXPECT_DOUBLE_EQ(history.lots(1).mortalite_pct().value(), 2);
  EXPECT_DOUBLE_EQ(history.lots(1).production_kg().value(), 490);
  const auto& figures = history.statistiques();
  EXPECT_NEAR(figures.itm_moyen().value(), (7840.0 + 3375) / 760, 1e-9);
  EXPECT_EQ(figures.itm_min().value(), 12.5);
  EXPECT_EQ(figures.itm_max().value(), 16);
  EXPECT_NEAR(figures.mortalite_moyenne().value(), 100.0 * 70 / 1500, 1e-9);
  EXPECT_EQ(figures.nb_lots(), 2);
  EXPECT_EQ(figures.tendance_itm(), "insuffisant");
  EXPECT_FALSE(figures.has_pente_itm());
  request.set_limit(1);
  history = Ask<feeding::v1::GetPerformanceHistoryRequest, feeding::v1::GetPerformanceHistoryResponse>(&GaveurService::Stub::GetPerformanceHistory,
                                                                                                       request);
  EXPECT_EQ(history.statistiques().nb_lots(), 1);
  request.set_limit(101);
  EXPECT_THAT(BadFields(Call(*stub_, &GaveurService::Stub::GetPerformanceHistory, request, &history)), ElementsAre("limit"));
}

TEST_F(GaveurServiceTest, FallingItmIsAnImprovement) {
  for (int i = 0; i < 5; ++i) {
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, nb_canards_meg, nb_canards_accroches, total_corn_real, itm, debut_lot) VALUES "
        "('LL480500" + std::to_string(i) + "', 'LL', 4, 'abattu', 100, 100, 7800, " + std::to_string(16 - i * 0.7 + (i % 2) * 0.1) + ", '2024-03-0" +
        std::to_string(i + 1) + "')");
  }
  feeding::v1::GetPerformanceHistoryRequest request;
  request.set_gaveur_id(4);
  const auto history = Ask<feeding::v1::GetPerformanceHistoryRequest, feeding::v1::GetPerformanceHistoryResponse>(
      &GaveurService::Stub::GetPerformanceHistory, request);
  EXPECT_EQ(history.statistiques().tendance_itm(), "amelioration");
  EXPECT_LT(history.statistiques().pente_itm().value(), -0.6);
}

// Weights are known of one lot: 8 kg of corn for 2 kg of gain.
TEST_F(GaveurServiceTest, StatsOfAPeriod) {
  const auto all = Stats(1);
  EXPECT_EQ(all.periode_debut().value(), "2024-01-06");
  EXPECT_EQ(all.periode_fin().value(), "2024-02-01");
  EXPECT_EQ(all.nombre_canards_total(), 1500);
  EXPECT_EQ(all.nombre_canards_termines(), 1430);
  EXPECT_EQ(all.poids_moyen_final().value(), 6500);
  EXPECT_NEAR(all.taux_mortalite().value(), 100.0 * 70 / 1500, 1e-9);
  EXPECT_DOUBLE_EQ(all.indice_consommation().value(), 4);
  EXPECT_NEAR(all.performance_score().value(), 70 * (17 - 11215.0 / 760) / 4.5 + 30 * (1 - 100.0 * 70 / 1500 / 5), 1e-9);
  const auto second = Stats(1, "2024-01-10", "2024-01-31");
  EXPECT_EQ(second.nb_lots(), 1);
  EXPECT_EQ(second.periode_fin().value(), "2024-01-31");
  EXPECT_FALSE(second.has_indice_consommation());
  const auto running = Stats(2);
  EXPECT_EQ(running.nombre_canards_total(), 300);
  EXPECT_EQ(running.nombre_canards_termines(), 0);
  EXPECT_FALSE(running.has_performance_score());
  feeding::v1::GetGaveurStatsRequest bad;
  bad.set_debut("2024-02-30");
  bad.set_fin("yesterday");
  feeding::v1::GaveurStats response;
  EXPECT_THAT(BadFields(Call(*stub_, &GaveurService::Stub::GetGaveurStats, bad, &response)), ElementsAre("gaveur_id", "debut", "fin"));
}

feeding::v1::CreateGaveurRequest Somebody() {
  feeding::v1::CreateGaveurRequest request;
  request.set_nom("Dupont");
  request.set_prenom("Claude");
  request.set_email("claude@dupont.example");
  request.set_telephone("+33 6 12 34 56 78");
  request.set_adresse("1 rue du Lac");
  request.add_certifications("IGP Sud-Ouest");
  request.set_site_code("MT");
  request.set_request_id("wish-1");
  return request;
}

TEST_F(GaveurServiceTest, ContactOfANewFeederStandsInTheRestrictedTableOnly) {
  const auto request = Somebody();
  const Gaveur gaveur = Ask<feeding::v1::CreateGaveurRequest, Gaveur>(&GaveurService::Stub::CreateGaveur, request);
  EXPECT_EQ(gaveur.id(), 101) << "numbers up to 100 are for those who name their feeders";
  EXPECT_EQ(gaveur.nom(), "Gaveur 101");
  EXPECT_FALSE(gaveur.has_email());
  EXPECT_EQ(gaveur.site_code().value(), "MT");
  ASSERT_EQ(gaveur.certifications_size(), 1);
  EXPECT_EQ(gaveur.certifications(0), "IGP Sud-Ouest");
  EXPECT_EQ(Sql("SELECT nom_complet || ', ' || email || ', ' || telephone1 || ', ' || adresse1 FROM gaveurs_contact WHERE gaveur_id = 101"),
            "Claude Dupont, claude@dupont.example, +33 6 12 34 56 78, 1 rue du Lac");
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_euralis g WHERE g::text ILIKE '%dupont%'"), "0");
  const Gaveur again = Ask<feeding::v1::CreateGaveurRequest, Gaveur>(&GaveurService::Stub::CreateGaveur, request);
  EXPECT_EQ(again.id(), 101) << "the same wish";
  auto another = request;
  another.set_telephone("+33 6 00 00 00 00");
  Gaveur none;
  EXPECT_EQ(Reason(Call(*stub_, &GaveurService::Stub::CreateGaveur, another, &none)), "REQUEST_ID_REUSED");
}

TEST_F(GaveurServiceTest, KeyOfTheHeaderIsTheRequestId) {
  auto request = Somebody();
  request.clear_request_id();
  const auto register_as = [&](const char* key, Gaveur* gaveur) {
    grpc::ClientContext context;
    context.AddMetadata("idempotency-key", key);
    return stub_->CreateGaveur(&context, request, gaveur);
  };
  Gaveur gaveur, again;
  ASSERT_TRUE(register_as("key-1", &gaveur).ok());
  ASSERT_TRUE(register_as("key-1", &again).ok());
  EXPECT_EQ(again.id(), gaveur.id());
  request.set_request_id("another");
  EXPECT_THAT(BadFields(register_as("key-1", &again)), ElementsAre("request_id"));
  request.clear_request_id();
  request.set_nom("Durand");
  EXPECT_EQ(Reason(register_as("key-1", &again)), "REQUEST_ID_REUSED");
}

TEST_F(GaveurServiceTest, EmailsAreTakenOnce) {
  auto request = Somebody();
  request.set_email("SOME@body.example");
  Gaveur gaveur;
  const grpc::Status status = Call(*stub_, &GaveurService::Stub::CreateGaveur, request, &gaveur);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Reason(status), "EMAIL_TAKEN");
  EXPECT_EQ(status.error_message().find("body"), std::string::npos) << "no message quotes what is personal";
}

TEST_F(GaveurServiceTest, PasswordsOfKnownWishesAndTakenEmailsAreNotHashed) {
  const auto store = storage::write::NewPostgresGaveurStore(*pool_);
  auto request = Somebody();
  request.set_password("douze canards");
  int hashed = 0;
  const auto hash = [&hashed]() -> absl::StatusOr<std::string> {
    ++hashed;
    return "$argon2id$x";
  };
  const auto made = store->CreateGaveur(request, hash), again = store->CreateGaveur(request, hash);
  ASSERT_TRUE(made.ok() && again.ok()) << made.status() << again.status();
  EXPECT_TRUE(made->is_new);
  EXPECT_FALSE(again->is_new);
  EXPECT_EQ(again->id, made->id);
  request.set_request_id("wish-2");
  EXPECT_TRUE(absl::IsAlreadyExists(store->CreateGaveur(request, hash).status()));
  Sql("UPDATE gaveurs_contact SET email = NULL");
  EXPECT_TRUE(absl::IsAlreadyExists(store->CreateGaveur(request, hash).status())) << "that of an account";
  EXPECT_EQ(hashed, 1);
}

TEST_F(GaveurServiceTest, FloodOfPasswordsTakesNoThreadFromOtherCalls) {
  pqxx::connection holder(database_->url());
  pqxx::work held(holder);
  held.exec("SELECT pg_advisory_xact_lock(hashtextextended('lot import', 0))");
  std::vector<std::thread> registrations;
  std::atomic<int> registered = 0;
  for (int i = 0; i < 8; ++i) {
    registrations.emplace_back([this, i, &registered] {
      auto request = Somebody();
      request.set_request_id("flood-" + std::to_string(i));
      request.set_email("flood" + std::to_string(i) + "@dupont.example");
      request.set_password("douze canards");
      Gaveur gaveur;
      if (Call(*stub_, &GaveurService::Stub::CreateGaveur, request, &gaveur).ok()) ++registered;
    });
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  const std::string waiting = "SELECT count(*) > 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
  while (Sql(waiting) != "t" && absl::Now() < deadline) {
  }
  EXPECT_EQ(Get(1).nom(), "Gaveur 1") << "while all of them wait";
  EXPECT_EQ(registered.load(), 0);
  held.commit();
  for (std::thread& registration : registrations) registration.join();
  EXPECT_EQ(registered.load(), 8);
}

TEST_F(GaveurServiceTest, EveryBadFieldOfANewFeederIsNamed) {
  auto request = Somebody();
  request.clear_nom();
  request.set_email("nobody");
  request.set_telephone("12345");
  request.set_password("short");
  request.set_site_code("XX");
  request.add_certifications("");
  Gaveur gaveur;
  const grpc::Status status = Call(*stub_, &GaveurService::Stub::CreateGaveur, request, &gaveur);
  EXPECT_THAT(BadFields(status), ElementsAre("nom", "email", "telephone", "certifications[1]", "password", "site_code"));
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_euralis"), "4");
}

}  // namespace
}  // namespace egi::api
