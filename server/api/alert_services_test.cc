#include "server/api/api_test_server.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "egi/feeding/v1/alert.grpc.pb.h"
#include "egi/quality/v1/alert.grpc.pb.h"
#include "egi/realtime/v1/events.pb.h"
#include "gmock/gmock.h"

namespace egi::api {
namespace {

using feeding::v1::FeedingAlertService;
using quality::v1::QualityAlertService;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class AlertServicesTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    feeding_ = FeedingAlertService::NewStub(channel_);
    quality_ = QualityAlertService::NewStub(channel_);
  }

  // Opened `hours` before the clock.
  void AddFeedingAlert(int id, int hours, const std::string& severite, const std::string& site = "LS") {
    Sql(absl::StrCat("INSERT INTO alertes_euralis (id, time, niveau, site_code, code_lot, type_alerte, severite, message, valeur_observee, "
                     "valeur_attendue, ecart_pct) VALUES (",
                     id, ", timestamptz '2026-02-03 09:00+00' - interval '", hours, " hours', 'lot', '", site, "', '", site,
                     "2602001', 'mortalite_haute', '", severite, "', 'Mortalité élevée', 6.5, 5, 30)"));
  }
  void AddQualityAlert(int id, int hours, const std::string& severity) {
    Sql(absl::StrCat("INSERT INTO sqal_alerts (alert_id, time, device_id, sample_id, alert_type, severity, message, data_context) VALUES (", id,
                     ", timestamptz '2026-02-03 09:00+00' - interval '", hours,
                     " hours', 'ESP32_LS_01', 's1', 'quality_low', '", severity, "', 'Score 0.52', '{\"score\": 0.52}')"));
  }

  // The row of alert_open of a quality alert.
  void OpenQuality(int id, int occurrences) {
    Sql(absl::StrCat("INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, occurrences, last_time) SELECT alert_type, "
                     "'device:ESP32_LS_01', 'SQAL', alert_id, time, ", occurrences, ", time FROM sqal_alerts WHERE alert_id = ", id));
  }
  std::vector<int> QualityIn(const std::string& state) {
    quality::v1::ListAlertsRequest request;
    request.set_state(state);
    quality::v1::ListAlertsResponse response;
    EXPECT_TRUE(Call(*quality_, &QualityAlertService::Stub::ListAlerts, request, &response).ok());
    std::vector<int> ids;
    for (const auto& alert : response.alerts()) ids.push_back(alert.alert_id());
    return ids;
  }

  std::unique_ptr<FeedingAlertService::Stub> feeding_;
  std::unique_ptr<QualityAlertService::Stub> quality_;
};

TEST_F(AlertServicesTest, FeedingAlertFillsBothVocabularies) {
  AddFeedingAlert(4, 1, "critique");
  Sql("INSERT INTO alert_open VALUES ('mortalite_haute', 'lot:LS2602001', 'EURALIS', 4, now(), 3, now())");
  feeding::v1::ListAlertsResponse response;
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListAlerts, feeding::v1::ListAlertsRequest(), &response).ok());
  ASSERT_EQ(response.alertes_size(), 1);
  const auto& alert = response.alertes(0);
  EXPECT_EQ(alert.id(), 4);
  EXPECT_EQ(alert.criticite(), "critique");
  EXPECT_EQ(alert.titre(), "Mortalité élevée");
  EXPECT_EQ(alert.description(), "Valeur mesurée 6.5, attendue 5, écart +30.0 %");
  EXPECT_EQ(alert.occurrences(), 3) << "the open alert counts on";
}

// ADR 213: for feeders `niveau` is the severity.
TEST_F(AlertServicesTest, AlertsOfALotAndOfAFeederSpeakTheFeedersWords) {
  Sql("INSERT INTO gaveurs_euralis (id, nom) VALUES (4, 'Gaveur 4'), (5, 'Gaveur 5')");
  Sql("INSERT INTO lots_gavage (id, code_lot, site_code, gaveur_id) VALUES (17, 'LS2602001', 'LS', 4), (18, 'LS2602002', 'LS', 5)");
  for (int i = 1; i <= 4; ++i) AddFeedingAlert(i, i, i == 2 ? "critique" : "warning");
  Sql("UPDATE alertes_euralis SET lot_id = 17, gaveur_id = 4 WHERE id < 4");
  Sql("UPDATE alertes_euralis SET lot_id = 18, gaveur_id = 5 WHERE id = 4");
  Sql("UPDATE alertes_euralis SET acquittee = true, acquittee_par = 'user:3', acquittee_le = now() WHERE id = 3");
  feeding::v1::ListLotAlertsRequest request;
  request.set_lot("LS2602001");
  request.set_limit(2);
  feeding::v1::ListLotAlertsResponse page;
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListLotAlerts, request, &page).ok());
  ASSERT_EQ(page.alertes_size(), 2);
  const auto& alert = page.alertes(0);
  EXPECT_EQ(alert.id(), 1);
  EXPECT_EQ(alert.niveau(), "warning");
  EXPECT_EQ(alert.severite(), "warning");
  EXPECT_EQ(alert.lot_id().value(), 17);
  EXPECT_EQ(alert.code_lot().value(), "LS2602001");
  EXPECT_EQ(alert.valeur_mesuree().value(), 6.5);
  EXPECT_EQ(alert.valeur_seuil().value(), 5);
  EXPECT_FALSE(alert.has_canard_id());
  EXPECT_FALSE(alert.sms_envoye());
  EXPECT_TRUE(alert.has_created_at());
  EXPECT_EQ(page.alertes(1).niveau(), "critique");
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListLotAlerts, request, &page).ok());
  ASSERT_EQ(page.alertes_size(), 1);
  EXPECT_EQ(page.alertes(0).acquittee_par().value(), "user:3");

  feeding::v1::ListGaveurAlertsRequest of_feeder;
  of_feeder.set_gaveur_id(4);
  of_feeder.set_acquittee(false);
  of_feeder.set_niveau("critical");
  feeding::v1::ListGaveurAlertsResponse list;
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListGaveurAlerts, of_feeder, &list).ok());
  ASSERT_EQ(list.alertes_size(), 1);
  EXPECT_EQ(list.alertes(0).id(), 2);
  const std::map<std::string, int> counts = {{"critique", 1}, {"moyenne", 1}, {"medium", 1}, {"elevee", 0}, {"high", 0}, {"faible", 0}, {"low", 0}};
  for (const auto& [word, count] : counts) {
    of_feeder.set_niveau(word);
    ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListGaveurAlerts, of_feeder, &list).ok()) << word;
    EXPECT_EQ(list.alertes_size(), count) << word;
  }
  of_feeder.set_gaveur_id(6);
  EXPECT_EQ(Call(*feeding_, &FeedingAlertService::Stub::ListGaveurAlerts, of_feeder, &list).error_code(), grpc::StatusCode::NOT_FOUND);
  request.Clear();
  request.set_lot("LS2602009");
  EXPECT_EQ(Call(*feeding_, &FeedingAlertService::Stub::ListLotAlerts, request, &page).error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_niveau("lot");
  request.set_limit(201);
  EXPECT_THAT(BadFields(Call(*feeding_, &FeedingAlertService::Stub::ListLotAlerts, request, &page)), ElementsAre("niveau", "limit"));
}

TEST_F(AlertServicesTest, AlertsAreCountedByStateAndSeverity) {
  Sql("INSERT INTO gaveurs_euralis (id, nom) VALUES (4, 'Gaveur 4')");
  Sql("INSERT INTO lots_gavage (id, code_lot, site_code, gaveur_id) VALUES (17, 'LS2602001', 'LS', 4)");
  for (int i = 1; i <= 4; ++i) AddFeedingAlert(i, i, i == 2 ? "critique" : "warning");
  Sql("UPDATE alertes_euralis SET lot_id = 17, gaveur_id = 4");
  Sql("UPDATE alertes_euralis SET acquittee = true, acquittee_par = 'user:3', acquittee_le = now() WHERE id = 3");
  Sql("UPDATE alertes_euralis SET closed_at = now() WHERE id = 4");
  feeding::v1::GetLotAlertStatsRequest request;
  request.set_lot("17");
  feeding::v1::AlertStats stats;
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::GetLotAlertStats, request, &stats).ok());
  EXPECT_EQ(stats.code_lot().value(), "LS2602001");
  EXPECT_EQ(stats.total(), 4);
  EXPECT_EQ(stats.actives(), 2);
  EXPECT_EQ(stats.acquittees(), 1);
  EXPECT_EQ(stats.fermees(), 1);
  EXPECT_EQ(stats.par_niveau().at("warning"), 3);
  EXPECT_EQ(stats.par_niveau().at("info"), 0);
  EXPECT_EQ(stats.actives_par_niveau().at("warning"), 1);
  EXPECT_EQ(stats.par_type().at("mortalite_haute"), 4);
  EXPECT_EQ(stats.derniere_alerte().seconds(), 1770109200 - 3600);
  EXPECT_EQ(stats.alertes_size(), 0);
  feeding::v1::GetGaveurAlertBoardRequest board;
  board.set_gaveur_id(4);
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::GetGaveurAlertBoard, board, &stats).ok());
  EXPECT_EQ(stats.gaveur_id().value(), 4);
  ASSERT_EQ(stats.alertes_size(), 2) << "the active ones";
  EXPECT_EQ(stats.alertes(0).id(), 1);
}

TEST_F(AlertServicesTest, AlertsOfAFeederAreCountedByTheirIndex) {
  Sql("INSERT INTO gaveurs_euralis (id, nom) SELECT i, 'Gaveur ' || i FROM generate_series(1, 200) i");
  Sql("INSERT INTO alertes_euralis (time, niveau, type_alerte, severite, message, gaveur_id) "
      "SELECT timestamptz '2026-02-01 06:00+00' + i * interval '1 s', 'gaveur', 'dose_ecart', 'warning', '', 1 + i % 200 FROM generate_series(1, 20000) i");
  EXPECT_THAT(Sql("ANALYZE alertes_euralis; EXPLAIN (FORMAT JSON) SELECT a.severite, count(*) FROM alertes_euralis a WHERE a.gaveur_id = 7 GROUP BY 1"),
              HasSubstr("Index"));
}

TEST_F(AlertServicesTest, FeedingAlertsAreFilteredAndPaged) {
  for (int i = 1; i <= 5; ++i) AddFeedingAlert(i, 2, i == 5 ? "critique" : "warning");  // all of one instant
  AddFeedingAlert(6, 1, "warning", "LL");
  feeding::v1::ListAlertsRequest request;
  request.set_limit(4);
  std::vector<int> ids;
  for (int page = 0; page < 4; ++page) {
    feeding::v1::ListAlertsResponse response;
    ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListAlerts, request, &response).ok());
    for (const auto& alert : response.alertes()) ids.push_back(alert.id());
    AddFeedingAlert(7 + page, 0, "warning");
    request.set_page_token(response.next_page_token());
    if (response.next_page_token().empty()) break;
  }
  EXPECT_THAT(ids, ElementsAre(6, 5, 4, 3, 2, 1));
  request.Clear();
  request.set_criticite("critical");
  feeding::v1::ListAlertsResponse critical;
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListAlerts, request, &critical).ok());
  ASSERT_EQ(critical.alertes_size(), 1);
  EXPECT_EQ(critical.alertes(0).id(), 5);
  request.set_page_token("MQ==");
  request.set_niveau("zone");
  request.set_site_code("MG");
  request.set_severite("info");
  request.set_limit(201);
  EXPECT_THAT(BadFields(Call(*feeding_, &FeedingAlertService::Stub::ListAlerts, request, &critical)),
              UnorderedElementsAre("niveau", "site_code", "criticite", "limit", "page_token"));
}

TEST_F(AlertServicesTest, FirstAcknowledgementOfAFeedingAlertStands) {
  AddFeedingAlert(4, 1, "critique");
  feeding::v1::AcknowledgeAlertRequest request;
  request.set_id(4);
  request.set_user_id(3);
  request.set_commentaire("vu");
  feeding::v1::AcknowledgeAlertResponse first, second;
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::AcknowledgeAlert, request, &first).ok());
  EXPECT_EQ(first.acquittee_par(), "user:3");
  EXPECT_EQ(first.acquittee_le().seconds(), 1770109200);
  clock_.Advance(absl::Hours(1));
  request.set_acquittee_par("somebody else");
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::AcknowledgeAlert, request, &second).ok());
  EXPECT_EQ(second.acquittee_par(), "user:3");
  EXPECT_EQ(second.acquittee_le().seconds(), 1770109200);
  EXPECT_EQ(Sql("SELECT commentaire FROM alertes_euralis"), "vu");
  EXPECT_EQ(Sql("SELECT count(*) FROM event_batches WHERE kind = 'alert'"), "1") << "one event for one change";
  feeding::v1::ListAlertsRequest open;
  open.set_acquittee(false);
  feeding::v1::ListAlertsResponse none;
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListAlerts, open, &none).ok());
  EXPECT_EQ(none.alertes_size(), 0);
}

TEST_F(AlertServicesTest, QualityAlertIsAcknowledgedOnceAndStaysOpen) {
  AddQualityAlert(9001, 1, "warning");
  OpenQuality(9001, 5);
  quality::v1::AcknowledgeAlertRequest request;
  request.set_alert_id(9001);
  quality::v1::AcknowledgeAlertResponse response;
  EXPECT_THAT(BadFields(Call(*quality_, &QualityAlertService::Stub::AcknowledgeAlert, request, &response)), ElementsAre("acknowledged_by"));
  request.set_acknowledged_by("user:3");
  request.set_comment("seen");
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::AcknowledgeAlert, request, &response).ok());
  request.set_acknowledged_by("user:4");
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::AcknowledgeAlert, request, &response).ok());
  EXPECT_TRUE(response.success());
  EXPECT_EQ(response.acknowledged_by(), "user:3");
  EXPECT_EQ(Sql("SELECT acknowledged FROM alert_open"), "t") << "it stays open until the measure is back in range";
  EXPECT_EQ(Sql("SELECT comment FROM sqal_alerts"), "seen");
  realtime::v1::Event event;
  std::string hex = Sql("SELECT encode(payload, 'hex') FROM event_payloads");
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  ASSERT_TRUE(event.ParseFromString(bytes));
  EXPECT_EQ(event.alert().alert_id(), 9001);
  EXPECT_TRUE(event.alert().is_acknowledged());
  EXPECT_EQ(event.alert().acknowledged_by(), "user:3");
  EXPECT_EQ(event.alert().state(), "acknowledged");
  EXPECT_EQ(event.alert().occurrences(), 5);
  EXPECT_EQ(event.alert().data_context().fields().at("score").number_value(), 0.52);
}

TEST_F(AlertServicesTest, ShelvedAlertIsSilentUntilItsTimeAndThenOpenAgain) {
  AddQualityAlert(9001, 1, "warning");
  OpenQuality(9001, 1);
  quality::v1::ShelveAlertRequest request;
  request.set_alert_id(9001);
  quality::v1::ShelveAlertResponse response;
  EXPECT_THAT(BadFields(Call(*quality_, &QualityAlertService::Stub::ShelveAlert, request, &response)),
              ElementsAre("shelved_by", "reason", "minutes"));
  request.set_shelved_by("user:3");
  request.set_reason("sensor is being cleaned");
  request.set_minutes(30);
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::ShelveAlert, request, &response).ok());
  EXPECT_EQ(response.state(), "shelved");
  EXPECT_EQ(response.shelved_until().seconds(), absl::ToUnixSeconds(clock_.Now()) + 1800);
  EXPECT_THAT(QualityIn("shelved"), ElementsAre(9001));
  EXPECT_THAT(QualityIn("open"), ElementsAre());
  EXPECT_EQ(Sql("SELECT count(*) FROM event_batches WHERE kind = 'alert'"), "1");
  clock_.Advance(absl::Minutes(30));
  EXPECT_THAT(QualityIn("open"), ElementsAre(9001));
  EXPECT_EQ(Sql("SELECT shelve_reason || ' ' || shelved_by FROM sqal_alerts"), "sensor is being cleaned user:3");
}

TEST_F(AlertServicesTest, UnshelvingEndsTheSilenceAndTheAcknowledgementStands) {
  AddQualityAlert(9001, 1, "warning");
  OpenQuality(9001, 1);
  quality::v1::AcknowledgeAlertRequest acknowledge;
  acknowledge.set_alert_id(9001);
  acknowledge.set_acknowledged_by("user:3");
  quality::v1::AcknowledgeAlertResponse acknowledged;
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::AcknowledgeAlert, acknowledge, &acknowledged).ok());
  quality::v1::ShelveAlertRequest shelve;
  shelve.set_alert_id(9001);
  shelve.set_shelved_by("user:3");
  shelve.set_reason("r");
  shelve.mutable_until()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 8 * 86'400);
  quality::v1::ShelveAlertResponse shelved;
  EXPECT_THAT(BadFields(Call(*quality_, &QualityAlertService::Stub::ShelveAlert, shelve, &shelved)), ElementsAre("until"));
  shelve.mutable_until()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 86'400);
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::ShelveAlert, shelve, &shelved).ok());
  quality::v1::UnshelveAlertRequest unshelve;
  unshelve.set_alert_id(9001);
  quality::v1::UnshelveAlertResponse response;
  EXPECT_THAT(BadFields(Call(*quality_, &QualityAlertService::Stub::UnshelveAlert, unshelve, &response)), ElementsAre("unshelved_by"));
  unshelve.set_unshelved_by("user:4");
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::UnshelveAlert, unshelve, &response).ok());
  EXPECT_EQ(response.state(), "acknowledged");
  EXPECT_THAT(QualityIn("acknowledged"), ElementsAre(9001));
  EXPECT_EQ(Sql("SELECT unshelved_by FROM sqal_alerts"), "user:4");
}

TEST_F(AlertServicesTest, ClosedAlertCannotBeShelved) {
  AddFeedingAlert(4, 1, "warning");
  Sql("UPDATE alertes_euralis SET closed_at = time, close_reason = 'back_in_range'");
  feeding::v1::ShelveAlertRequest request;
  request.set_id(4);
  request.set_shelved_by("user:3");
  request.set_reason("r");
  request.set_minutes(10);
  feeding::v1::ShelveAlertResponse response;
  const grpc::Status status = Call(*feeding_, &FeedingAlertService::Stub::ShelveAlert, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(status), "ALERT_CLOSED");
  feeding::v1::ListAlertsRequest closed;
  closed.set_state("closed");
  feeding::v1::ListAlertsResponse alerts;
  ASSERT_TRUE(Call(*feeding_, &FeedingAlertService::Stub::ListAlerts, closed, &alerts).ok());
  ASSERT_EQ(alerts.alertes_size(), 1);
  EXPECT_EQ(alerts.alertes(0).state(), "closed");
  EXPECT_EQ(alerts.alertes(0).close_reason().value(), "back_in_range");
}

TEST_F(AlertServicesTest, UnknownAlertIsNotFound) {
  quality::v1::AcknowledgeAlertRequest quality;
  quality.set_alert_id(77);
  quality.set_acknowledged_by("user:3");
  quality::v1::AcknowledgeAlertResponse quality_response;
  EXPECT_EQ(Call(*quality_, &QualityAlertService::Stub::AcknowledgeAlert, quality, &quality_response).error_code(), grpc::StatusCode::NOT_FOUND);
  feeding::v1::AcknowledgeAlertRequest feeding;
  feeding.set_id(77);
  feeding::v1::AcknowledgeAlertResponse feeding_response;
  const grpc::Status status = Call(*feeding_, &FeedingAlertService::Stub::AcknowledgeAlert, feeding, &feeding_response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(status), "ALERT_NOT_FOUND");
}

TEST_F(AlertServicesTest, QualityAlertsOfAPeriodBySeverity) {
  AddQualityAlert(1, 1, "warning");
  AddQualityAlert(2, 2, "critical");
  AddQualityAlert(3, 8 * 24, "critical");
  quality::v1::ListAlertsRequest request;
  quality::v1::ListAlertsResponse response;
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::ListAlerts, request, &response).ok());
  EXPECT_EQ(response.alerts_size(), 2);
  request.set_limit(1);
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::ListAlerts, request, &response).ok());
  EXPECT_EQ(response.alerts(0).alert_id(), 1);
  request.set_page_token(response.next_page_token());
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::ListAlerts, request, &response).ok());
  ASSERT_EQ(response.alerts_size(), 1);
  EXPECT_EQ(response.alerts(0).alert_id(), 2);
  EXPECT_EQ(response.next_page_token(), "");
  request.set_severity("critical");
  EXPECT_THAT(BadFields(Call(*quality_, &QualityAlertService::Stub::ListAlerts, request, &response)), ElementsAre("page_token"));
  request.Clear();
  request.set_severity("critical");
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::ListAlerts, request, &response).ok());
  const int critical = response.alerts_size();
  EXPECT_GT(critical, 0);
  request.set_severity("critique");
  ASSERT_TRUE(Call(*quality_, &QualityAlertService::Stub::ListAlerts, request, &response).ok());
  EXPECT_EQ(response.alerts_size(), critical);
  request.set_severity("urgent");
  request.set_limit(501);
  EXPECT_THAT(BadFields(Call(*quality_, &QualityAlertService::Stub::ListAlerts, request, &response)), UnorderedElementsAre("severity", "limit"));
}

}  // namespace
}  // namespace egi::api
