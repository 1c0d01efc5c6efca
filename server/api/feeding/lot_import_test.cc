#include "server/api/api_test_server.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "egi/feeding/v1/gaveur.grpc.pb.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "egi/feeding/v1/performance.grpc.pb.h"
#include "egi/feeding/v1/site.grpc.pb.h"
#include "gmock/gmock.h"

namespace egi::api {
namespace {

using feeding::v1::ImportedLot;
using feeding::v1::ImportLotsRequest;
using feeding::v1::ImportLotsResponse;
using feeding::v1::LotService;
using feeding::v1::SiteService;
using ::testing::UnorderedElementsAre;

class LotImportTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = LotService::NewStub(channel_);
  }

  grpc::Status Import(const ImportLotsRequest& request, ImportLotsResponse* response) {
    return Call(*stub_, &LotService::Stub::ImportLots, request, response);
  }

  // domain.md section 4: mean, least and greatest ITM, and how many lots are of each class.
  void CheckDistribution(SiteService::Stub& sites) {
    feeding::v1::ListItmResponse itm;
    ASSERT_TRUE(Call(sites, &SiteService::Stub::ListItm, feeding::v1::ListItmRequest(), &itm).ok());
    std::map<std::string, int> classes;
    double least = 100, greatest = 0;
    const std::map<std::string, double> means = {{"LL", 15.40}, {"LS", 15.17}, {"MT", 14.62}};
    for (const auto& site : itm.sites()) {
      EXPECT_NEAR(site.itm_moyen(), means.at(site.site_code()), 0.005) << site.site_code();
      for (const auto& [name, count] : site.classes()) classes[name] += count;
      least = std::min(least, site.itm_min());
      greatest = std::max(greatest, site.itm_max());
    }
    EXPECT_EQ(classes, (std::map<std::string, int>{{"A", 2}, {"B", 22}, {"C", 28}, {"D", 14}, {"E", 9}}));
    EXPECT_DOUBLE_EQ(least, 12.03);
    EXPECT_DOUBLE_EQ(greatest, 19.06);
  }

  // domain.md sections 3 and 4: lots by feeder, livers of 381 to 630 g; sensors.md section 4: at least 10 days.
  void CheckLotsAndFeeders() {
    const auto gaveurs = feeding::v1::GaveurService::NewStub(channel_);
    feeding::v1::ListGaveurPerformancesResponse feeders;
    ASSERT_TRUE(Call(*gaveurs, &feeding::v1::GaveurService::Stub::ListGaveurPerformances, feeding::v1::ListGaveurPerformancesRequest(), &feeders).ok());
    std::map<int, int> by_lots;
    double liver = 0;
    for (const auto& feeder : feeders.gaveurs()) {
      ++by_lots[feeder.nb_lots_total()];
      liver += feeder.production_totale_kg();
    }
    EXPECT_EQ(by_lots, (std::map<int, int>{{1, 56}, {2, 8}, {3, 1}}));
    EXPECT_NEAR(liver, 39936.9, 0.05);

    const auto lots = feeding::v1::PerformanceService::NewStub(channel_);
    feeding::v1::ListLotPerformancesRequest request;
    request.set_limit(200);
    feeding::v1::ListLotPerformancesResponse figures;
    ASSERT_TRUE(Call(*lots, &feeding::v1::PerformanceService::Stub::ListLotPerformances, request, &figures).ok());
    ASSERT_EQ(figures.lots_size(), 75);
    double lightest = 1000, heaviest = 0;
    int short_lots = 0, mulards = 0, sigmas = 0;
    for (const auto& lot : figures.lots()) {
      EXPECT_EQ(lot.itm().nature(), "final");
      lightest = std::min(lightest, lot.itm().poids_foie_g().value());
      heaviest = std::max(heaviest, lot.itm().poids_foie_g().value());
      sigmas += lot.sigma().nature() == "final";
      for (const auto& rule : lot.conformite(1).regles()) {
        short_lots += rule.regle() == "duree" && rule.statut() == "non_conforme";
        mulards += rule.regle() == "espece" && rule.statut() == "conforme";
      }
    }
    EXPECT_NEAR(lightest, 381, 0.5);
    EXPECT_NEAR(heaviest, 630, 0.5);
    EXPECT_EQ(short_lots, 13) << "the lots of 9 days";
    EXPECT_EQ(mulards, 75);
    EXPECT_EQ(sigmas, 51);
  }

  std::unique_ptr<LotService::Stub> stub_;
};

// 980 birds hung of 1000, 8 kg of corn each, ITM 16.
ImportedLot SomeLot(const std::string& code, const std::string& feeder) {
  ImportedLot lot;
  lot.set_code_lot(code);
  lot.set_row(2);
  lot.set_debut_lot("2024-01-06");
  lot.set_duree_gavage(10);
  lot.set_souche("CF80* - M15 V2E SFM");
  lot.set_nb_meg(1000);
  lot.set_nombre_enleve(985);
  lot.set_quantite_accrochee(980);
  lot.set_conso_gav_kg(8.001);
  lot.mutable_itm()->set_value(16);
  lot.mutable_perte_gavage()->set_value(0.02);
  lot.set_age_jours(90);
  lot.set_lot_pag("LL2475101");
  (*lot.mutable_source()->mutable_fields())["saison"].set_string_value("winter");
  lot.mutable_gaveur()->set_nom(feeder);
  (*lot.mutable_gaveur()->mutable_columns())["Commune"] = "Somewhere";
  (*lot.mutable_gaveur()->mutable_columns())["Eleveur"] = "Farmer " + feeder;
  return lot;
}

TEST_F(LotImportTest, ImportingAgainChangesNothingAndACorrectedRowIsAnUpdate) {
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "one");
  *request.add_lots() = SomeLot("LL4801602", "one");
  *request.add_lots() = SomeLot("MT4901601", "two");
  ImportLotsResponse response;
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(response.created(), 3);
  EXPECT_EQ(response.gaveurs_created(), 2);
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(response.unchanged(), 3);
  EXPECT_EQ(response.created() + response.updated() + response.gaveurs_created(), 0);
  request.mutable_lots(1)->mutable_itm()->set_value(15.5);
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(response.updated(), 1);
  EXPECT_EQ(response.unchanged(), 2);

  feeding::v1::GetLotRequest get;
  get.set_lot("LL4801602");
  feeding::v1::Lot lot;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::GetLot, get, &lot).ok());
  EXPECT_EQ(lot.itm().value(), 15.5);
  EXPECT_EQ(lot.total_corn_real().value(), 8001);
  EXPECT_EQ(lot.statut(), "termine");
  EXPECT_EQ(lot.origine(), "import");
  EXPECT_FALSE(lot.has_sigma());
}

// domain.md section 9: ITM above 15.5 is a warning, above 17 critical.
TEST_F(LotImportTest, HighItmOpensAnAlertThatFollowsTheCorrectedFigure) {
  constexpr char kOpen[] = "SELECT coalesce(string_agg(severite || ' ' || valeur_observee, ', '), '-') FROM alert_open o "
                           "JOIN alertes_euralis a ON a.id = o.alert_id WHERE type_alerte = 'itm_degrade'";
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801665", "Feeder A");
  ImportLotsResponse response;
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql(kOpen), "warning 16");
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql("SELECT count(*) FROM alertes_euralis"), "1") << "importing again opens nothing";
  request.mutable_lots(0)->mutable_itm()->set_value(17.5);
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql(kOpen), "critique 17.5");
  request.mutable_lots(0)->mutable_itm()->set_value(14);
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql(kOpen), "-");
  EXPECT_EQ(Sql("SELECT count(*) FROM alertes_euralis WHERE closed_at IS NOT NULL"), "2");
  EXPECT_EQ(Sql("SELECT sum(rows) FROM event_batches WHERE kind = 'alert'"), "4") << "subscribers were told of both openings and both closings";
}

TEST_F(LotImportTest, DryRunCountsAndKeepsNothing) {
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "one");
  request.set_dry_run(true);
  ImportLotsResponse response;
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(response.created(), 1);
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage"), "0");
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_contact"), "0");
}

TEST_F(LotImportTest, NamesStandInTheRestrictedTablesOnly) {
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "Some Body");
  ImportLotsResponse response;
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql("SELECT nom FROM gaveurs_euralis"), "Gaveur 101");
  EXPECT_EQ(Sql("SELECT nom_complet || ', ' || commune FROM gaveurs_contact"), "Some Body, Somewhere");
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage l JOIN eleveurs_contact e ON e.id = l.eleveur_id"), "1");
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage l WHERE l::text LIKE '%Body%'"), "0");
}

TEST_F(LotImportTest, WhoRegistersUnderTheNameOfAFeederGetsNeitherContactNorLots) {
  feeding::v1::CreateGaveurRequest stranger;
  stranger.set_prenom("Some");
  stranger.set_nom("Body");
  stranger.set_email("stranger@there.example");
  stranger.set_password("douze canards");
  feeding::v1::Gaveur gaveur;
  const auto gaveurs = feeding::v1::GaveurService::NewStub(channel_);
  ASSERT_TRUE(Call(*gaveurs, &feeding::v1::GaveurService::Stub::CreateGaveur, stranger, &gaveur).ok());
  ASSERT_EQ(gaveur.id(), 101);
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "Some Body");
  (*request.mutable_lots(0)->mutable_gaveur()->mutable_columns())["Email"] = "real@here.example";
  ImportLotsResponse response;
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(response.gaveurs_created(), 1);
  EXPECT_EQ(Sql("SELECT string_agg(gaveur_id || ':' || email, ' ' ORDER BY gaveur_id) FROM gaveurs_contact"), "101:stranger@there.example 102:real@here.example");
  EXPECT_EQ(Sql("SELECT gaveur_id FROM lots_gavage"), "102");
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(response.unchanged(), 1);
  // A lot of the stranger's, and one of somebody whose contact is gone, are not lots of the name either.
  Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, origine) VALUES ('LL4801602', 'LL', 101, 'manual')");
  *request.mutable_lots(0) = SomeLot("LL4801602", "Some Body");
  EXPECT_EQ(Reason(Import(request, &response)), "LOT_OF_OTHER_GAVEUR");
  Sql("DELETE FROM gaveurs_contact");
  EXPECT_EQ(Reason(Import(request, &response)), "LOT_OF_OTHER_GAVEUR");
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_contact"), "0");
  // An account that an admin gave the feeder of the file leaves the name with that feeder.
  Sql("UPDATE accounts SET created_by = id");
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql("SELECT gaveur_id FROM gaveurs_contact"), "101");
}

TEST_F(LotImportTest, ContactColumnsThatAFileDoesNotHaveStayAndEmptyCellsClear) {
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "Some Body");
  auto& columns = *request.mutable_lots(0)->mutable_gaveur()->mutable_columns();
  columns["Email"] = "some@body.example";
  columns["Telephone1"] = "0102030405";
  ImportLotsResponse response;
  ASSERT_TRUE(Import(request, &response).ok());
  columns.erase("Email");
  columns["Telephone1"] = "";
  columns["Commune"] = "Elsewhere";
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql("SELECT concat_ws(',', email, coalesce(telephone1, '-'), commune) FROM gaveurs_contact"), "some@body.example,-,Elsewhere");
}

TEST_F(LotImportTest, EveryBadCellIsNamedByLotAndColumnAndNothingIsKept) {
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "one");
  ImportedLot bad = SomeLot("XX4801601", "two");
  bad.set_debut_lot("06/01/2024");
  bad.set_quantite_accrochee(1001);
  bad.mutable_sigma()->set_value(0);
  (*bad.mutable_source()->mutable_fields())["Email"].set_string_value("x");
  *request.add_lots() = bad;
  ImportLotsResponse response;
  const grpc::Status status = Import(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(BadFields(status),
              UnorderedElementsAre("lots[XX4801601].CodeLot", "lots[XX4801601].Debut_du_lot", "lots[XX4801601].Quantite_accrochee",
                                   "lots[XX4801601].Sigma", "lots[XX4801601].Email"));
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage"), "0");
}

TEST_F(LotImportTest, LotOfAnotherSiteIsRefusedAndTheRestWithIt) {
  Sql("INSERT INTO lots_gavage (code_lot, site_code) VALUES ('LL4801602', 'LS')");
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "one");
  *request.add_lots() = SomeLot("LL4801602", "one");
  ImportLotsResponse response;
  const grpc::Status status = Import(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(status), "LOT_OF_ANOTHER_SITE");
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage"), "1");
}

TEST_F(LotImportTest, NewLotOfAFeederOfAnotherSiteIsRefusedAndAFeederWithoutASiteTakesThatOfHisFirstLot) {
  Sql("INSERT INTO gaveurs_euralis (id, nom) VALUES (40, 'Gaveur 40')");
  ImportLotsRequest first, second;
  *first.add_lots() = SomeLot("LL4801601", "#40");
  first.mutable_lots(0)->mutable_gaveur()->clear_columns();
  ImportLotsResponse response;
  ASSERT_TRUE(Import(first, &response).ok());
  EXPECT_EQ(Sql("SELECT site_code FROM gaveurs_euralis WHERE id = 40"), "LL");
  second = first;
  second.mutable_lots(0)->set_code_lot("MT4901601");
  EXPECT_EQ(Reason(Import(second, &response)), "GAVEUR_OF_OTHER_SITE");
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage"), "1");
  ASSERT_TRUE(Import(first, &response).ok());
  EXPECT_EQ(response.unchanged(), 1) << "the lot that is known is not asked";
}

TEST_F(LotImportTest, FeederNumberedByALiveClientDoesNotStopAnImport) {
  Sql("INSERT INTO gaveurs_euralis (id, nom) VALUES (101, 'Gaveur 101'), (102, 'Gaveur 102')");
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "one");
  ImportLotsResponse response;
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql("SELECT nom FROM gaveurs_euralis ORDER BY id DESC LIMIT 1"), "Gaveur 103");
}

// The simulators feed with the feeders 1 to 5, each at a site of his own (simulators.md section 1.2).
TEST_F(LotImportTest, ImportedFeedersTakeNoNumberOfTheSimulators) {
  ImportLotsRequest request;
  *request.add_lots() = SomeLot("LL4801601", "one");
  ImportLotsResponse response;
  ASSERT_TRUE(Import(request, &response).ok());
  EXPECT_EQ(Sql("SELECT min(id) > 100 FROM gaveurs_euralis"), "t");
}

// Rows of the reference file by column name. ISO-8859-1, separator ';'.
std::vector<std::map<std::string, std::string>> ReadReference(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  std::string utf8;
  for (const unsigned char c : bytes.str()) {
    if (c == '\r') continue;
    if (c < 0x80) {
      utf8.push_back(static_cast<char>(c));
    } else {
      utf8.push_back(static_cast<char>(0xC0 | c >> 6));
      utf8.push_back(static_cast<char>(0x80 | (c & 0x3F)));
    }
  }
  std::vector<std::map<std::string, std::string>> rows;
  std::vector<std::string> header;
  for (const absl::string_view line : absl::StrSplit(utf8, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> cells = absl::StrSplit(line, ';');
    if (header.empty()) {
      header = cells;
      continue;
    }
    auto& row = rows.emplace_back();
    for (size_t i = 0; i < cells.size() && i < header.size(); ++i) row[header[i]] = cells[i];
  }
  return rows;
}

double Number(const std::string& text) {
  double value = 0;
  EXPECT_TRUE(absl::SimpleAtod(text, &value)) << "not a number";
  return value;
}

ImportedLot FromReference(const std::map<std::string, std::string>& row) {
  ImportedLot lot;
  lot.set_code_lot(row.at("CodeLot"));
  const std::string& day = row.at("Debut_du_lot");  // dd/mm/yyyy
  lot.set_debut_lot(absl::StrCat(day.substr(6, 4), "-", day.substr(3, 2), "-", day.substr(0, 2)));
  lot.set_duree_gavage(static_cast<int>(Number(row.at("duree_gavage"))));
  lot.set_souche(row.at("Souche"));
  lot.set_nb_meg(static_cast<int>(Number(row.at("Nb_MEG"))));
  lot.set_nombre_enleve(static_cast<int>(Number(row.at("Nombre_enleve"))));
  lot.set_quantite_accrochee(static_cast<int>(Number(row.at("Quantite_accrochee"))));
  lot.set_conso_gav_kg(Number(row.at("Conso_Gav_Z1")));
  lot.mutable_itm()->set_value(Number(row.at("ITM")));
  if (const double sigma = Number(row.at("Sigma")); sigma > 0) lot.mutable_sigma()->set_value(sigma);
  lot.mutable_perte_gavage()->set_value(Number(row.at("dPctgPerteGav")));
  lot.mutable_gaveur()->set_nom(row.at("Gaveur"));
  return lot;
}

// domain.md section 15.4. The file holds personal data, so it is never in the repository: EGI_REFERENCE_CSV names it where it is at hand.
TEST_F(LotImportTest, ReferenceFileGivesThePublishedFigures) {
  const char* path = std::getenv("EGI_REFERENCE_CSV");
  if (path == nullptr || *path == '\0') GTEST_SKIP() << "EGI_REFERENCE_CSV does not name the reference file";
  ImportLotsRequest request;
  for (const auto& row : ReadReference(path)) *request.add_lots() = FromReference(row);
  ImportLotsResponse response;
  const grpc::Status status = Import(request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.created(), 75);
  EXPECT_EQ(response.gaveurs_created(), 65);

  struct Expected {
    const char* site;
    int lots, placed, hung;
    double corn, liver, itm, loss;
  };
  const auto sites = SiteService::NewStub(channel_);
  for (const Expected& want : {Expected{"LL", 11, 11873, 11636, 91668, 5900.4, 15.223, 1.996},
                               Expected{"LS", 32, 35112, 34684, 264738, 17369.3, 15.052, 1.219},
                               Expected{"MT", 32, 31231, 30059, 252384, 16667.2, 14.569, 3.753}}) {
    feeding::v1::GetSiteStatsRequest ask;
    ask.set_code(want.site);
    feeding::v1::SiteStats stats;
    ASSERT_TRUE(Call(*sites, &SiteService::Stub::GetSiteStats, ask, &stats).ok());
    EXPECT_EQ(stats.nb_lots(), want.lots) << want.site;
    EXPECT_EQ(stats.nb_canards_meg(), want.placed) << want.site;
    EXPECT_EQ(stats.nb_canards_accroches(), want.hung) << want.site;
    EXPECT_NEAR(stats.total_mais_kg(), want.corn, 0.5) << want.site;
    EXPECT_NEAR(stats.production_foie_kg(), want.liver, 0.05) << want.site;
    EXPECT_NEAR(stats.itm_pondere().value(), want.itm, 0.0005) << want.site;
    EXPECT_NEAR(stats.perte_ponderee().value(), want.loss, 0.0005) << want.site;
  }
  feeding::v1::GetKpisResponse kpis;
  ASSERT_TRUE(Call(*sites, &SiteService::Stub::GetKpis, feeding::v1::GetKpisRequest(), &kpis).ok());
  EXPECT_NEAR(kpis.production_totale_kg(), 39936.9, 0.05);
  EXPECT_NEAR(kpis.itm_moyen_global().value(), 14.97, 0.005);
  EXPECT_NEAR(kpis.itm_pondere().value(), 14.876, 0.0005);
  EXPECT_EQ(kpis.nb_canards_meg(), 78216);
  EXPECT_EQ(kpis.nb_gaveurs(), 65);
  EXPECT_EQ(kpis.nb_gaveurs_actifs(), 0) << "every lot of the file has ended";
  EXPECT_NEAR(kpis.sigma_moyen().value(), 0.160, 0.0005) << "mean of the 51 that were measured";
  EXPECT_NEAR(kpis.perte_ponderee().value(), 2.349, 0.0005);
  EXPECT_EQ(kpis.nb_canards_accroches(), 76379);
  EXPECT_NEAR(kpis.total_mais_kg(), 608790, 0.5);

  feeding::v1::ListProductionResponse production;
  ASSERT_TRUE(Call(*sites, &SiteService::Stub::ListProduction, feeding::v1::ListProductionRequest(), &production).ok());
  std::map<std::string, std::pair<int, double>> days;
  for (const auto& point : production.points()) {
    days[point.date()].first += point.nb_lots();
    days[point.date()].second += point.production_kg();
  }
  const std::map<std::string, std::pair<int, double>> published = {
      {"2024-01-11", {9, 5114.4}}, {"2024-01-12", {19, 9873.1}}, {"2024-01-15", {3, 2510.6}}, {"2024-01-16", {10, 5038.2}},
      {"2024-01-17", {7, 3343.5}}, {"2024-01-18", {19, 9812.7}}, {"2024-01-19", {8, 4244.4}}};
  ASSERT_EQ(days.size(), published.size());
  for (const auto& [day, want] : published) {
    EXPECT_EQ(days[day].first, want.first) << day;
    EXPECT_NEAR(days[day].second, want.second, 0.05) << day;
  }
  CheckDistribution(*sites);
  CheckLotsAndFeeders();
}

}  // namespace
}  // namespace egi::api
