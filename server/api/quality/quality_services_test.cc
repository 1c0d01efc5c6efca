#include "server/api/api_test_server.h"

#include "absl/strings/str_cat.h"
#include "egi/quality/v1/device.grpc.pb.h"
#include "egi/quality/v1/stats.grpc.pb.h"
#include "gmock/gmock.h"

namespace egi::api {
namespace {

using quality::v1::DeviceService;
using quality::v1::QualityStatsService;
using quality::v1::StatsRequest;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

// The clock stands at 09:00; samples of LL at 08:10 (A+ 0.9), 08:20 (B 0.7) and 07:50 (C 0.5), of LS at 08:30 (A 0.8) and two days ago (REJECT
// 0.2).
class QualityServicesTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stats_ = QualityStatsService::NewStub(channel_);
    devices_ = DeviceService::NewStub(channel_);
  }

  void AddSample(const std::string& device, const std::string& time, double score, const std::string& grade,
                 const std::string& lot_id = "NULL", double volume = 500000) {
    Sql(absl::StrCat("INSERT INTO sqal_samples (time, device_id, sample_id, site_code, lot_id, fusion_final_score, fusion_final_grade, "
                     "fusion_is_compliant, vl53l8ch_volume_mm3, as7341_freshness_index) VALUES ('",
                     time, "+00', '", device, "', '", time, "', substring('", device, "' from 7 for 2), ", lot_id, ", ", score, ", '", grade,
                     "', '", grade, "' IN ('A+', 'A', 'B'), ", volume, ", 0.9)"));
  }

  void AddFiveSamples() {
    AddSample("ESP32_LL_01", "2026-02-03 08:10", 0.9, "A+");
    AddSample("ESP32_LL_01", "2026-02-03 08:20", 0.7, "B");
    AddSample("ESP32_LL_01", "2026-02-03 07:50", 0.5, "C");
    AddSample("ESP32_LS_01", "2026-02-03 08:30", 0.8, "A");
    AddSample("ESP32_LS_01", "2026-02-01 08:30", 0.2, "REJECT");
  }

  std::unique_ptr<QualityStatsService::Stub> stats_;
  std::unique_ptr<DeviceService::Stub> devices_;
};

TEST_F(QualityServicesTest, HourlyFiguresByHourAndDevice) {
  AddFiveSamples();
  StatsRequest request;
  quality::v1::ListHourlyStatsResponse response;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::ListHourlyStats, request, &response).ok());
  EXPECT_EQ(response.count(), 4);
  request.set_device_id("ESP32_LL_01");
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::ListHourlyStats, request, &response).ok());
  ASSERT_EQ(response.count(), 2);
  const auto& hour = response.stats(1);
  EXPECT_EQ(hour.bucket().seconds(), 1770105600);  // 08:00
  EXPECT_EQ(hour.sample_count(), 2);
  EXPECT_NEAR(hour.avg_quality_score(), 0.8, 1e-12);
  EXPECT_EQ(hour.count_a_plus(), 1);
  EXPECT_EQ(hour.count_b(), 1);
  EXPECT_EQ(hour.avg_volume_mm3(), 500000);
  EXPECT_EQ(hour.compliance_rate_pct(), 100);
  EXPECT_EQ(response.stats(0).compliance_rate_pct(), 0);
}

TEST_F(QualityServicesTest, SiteFiguresWeighEverySampleOnce) {
  AddFiveSamples();
  StatsRequest request;
  quality::v1::GetSiteStatsResponse response;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetSiteStats, request, &response).ok());
  EXPECT_EQ(response.total_samples(), 5);
  EXPECT_NEAR(response.avg_quality_score().value(), 3.1 / 5, 1e-12);
  EXPECT_NEAR(response.compliance_rate_pct().value(), 60, 1e-12);
  EXPECT_THAT(response.grade_distribution(),
              UnorderedElementsAre(Pair("A+", 1), Pair("A", 1), Pair("B", 1), Pair("C", 1), Pair("REJECT", 1)));
  ASSERT_EQ(response.sites_size(), 2);
  EXPECT_EQ(response.sites(0).site_code(), "LL");
  EXPECT_NEAR(response.sites(0).avg_quality_score(), 0.7, 1e-12);
  EXPECT_NEAR(response.sites(1).compliance_rate_pct(), 50, 1e-12);
  ASSERT_EQ(response.top_devices_size(), 2);
  EXPECT_EQ(response.top_devices(0).device_id(), "ESP32_LL_01");
  EXPECT_EQ(response.top_devices(0).sample_count(), 3);
  EXPECT_EQ(response.period_end().seconds(), 1770109200);
}

TEST_F(QualityServicesTest, PeriodWithoutSamplesHasNoMeans) {
  AddFiveSamples();
  StatsRequest request;
  request.set_site_code("MT");
  quality::v1::GetSiteStatsResponse response;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetSiteStats, request, &response).ok());
  EXPECT_EQ(response.total_samples(), 0);
  EXPECT_FALSE(response.has_avg_quality_score());
  EXPECT_FALSE(response.has_compliance_rate_pct());
  EXPECT_EQ(response.grade_distribution().size(), 5u);
  EXPECT_EQ(response.sites_size(), 0);
}

TEST_F(QualityServicesTest, GradesAddUpToHundredPercent) {
  AddFiveSamples();
  AddSample("ESP32_LL_01", "2026-02-03 08:40", 0.9, "A+");
  StatsRequest request;
  quality::v1::GetGradeDistributionResponse response;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetGradeDistribution, request, &response).ok());
  EXPECT_EQ(response.total(), 6);
  EXPECT_EQ(response.distribution().at("A+"), 2);
  EXPECT_EQ(response.percentages().at("A+"), 33.3);
  EXPECT_EQ(response.percentages().at("B"), 16.7);
  request.mutable_end_time()->set_seconds(1);
  request.mutable_start_time()->set_seconds(2);
  request.set_site_code("XX");
  EXPECT_THAT(BadFields(Call(*stats_, &QualityStatsService::Stub::GetGradeDistribution, request, &response)),
              UnorderedElementsAre("end_time", "site_code"));
  request.Clear();
  request.set_site_code("MT");
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetGradeDistribution, request, &response).ok());
  EXPECT_EQ(response.percentages().size(), 0u);
}

TEST_F(QualityServicesTest, OverviewCountsSamplesAlertsAndDevices) {
  AddFiveSamples();
  Sql("UPDATE sqal_devices SET last_seen = '2026-02-03 08:56+00' WHERE device_id = 'ESP32_LL_01'");
  Sql("UPDATE sqal_devices SET last_seen = '2026-02-03 08:54+00' WHERE device_id = 'ESP32_LS_01'");
  Sql("INSERT INTO sqal_alerts (time, alert_type, severity, message, is_acknowledged, acknowledged_at) VALUES "
      "(now(), 'quality_low', 'warning', 'm', false, NULL), (now(), 'grade_reject', 'critical', 'm', false, NULL), "
      "(now(), 'grade_reject', 'critical', 'm', true, now())");
  quality::v1::GetOverviewResponse overview;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetOverview, quality::v1::GetOverviewRequest(), &overview).ok());
  EXPECT_EQ(overview.stats_24h().total_samples(), 4);
  EXPECT_NEAR(overview.stats_24h().avg_quality_score().value(), 2.9 / 4, 1e-12);
  EXPECT_EQ(overview.grade_distribution_7d().at("REJECT"), 1);
  EXPECT_EQ(overview.active_alerts(), 2);
  EXPECT_EQ(overview.critical_alerts(), 1);
  EXPECT_EQ(overview.total_devices(), 3);
  EXPECT_EQ(overview.active_devices(), 1);
  EXPECT_EQ(overview.score_disagreements_24h(), 0);
}

TEST_F(QualityServicesTest, DisagreementsOfADayAreCountedByDeviceAndInAll) {
  AddFiveSamples();
  Sql("UPDATE sqal_samples SET score_disagrees = true WHERE fusion_final_score <> 0.7");
  Sql("UPDATE sqal_devices SET last_seen = '2026-02-03 08:30+00' WHERE device_id IN ('ESP32_LL_01', 'ESP32_LS_01')");
  quality::v1::ListDevicesResponse devices;
  ASSERT_TRUE(Call(*devices_, &DeviceService::Stub::ListDevices, quality::v1::ListDevicesRequest(), &devices).ok());
  ASSERT_EQ(devices.devices_size(), 3);
  EXPECT_EQ(devices.devices(0).score_disagreements_24h(), 2);
  EXPECT_EQ(devices.devices(1).score_disagreements_24h(), 1) << "that of two days ago is not one of a day";
  EXPECT_EQ(devices.devices(2).score_disagreements_24h(), 0) << "never seen";
  EXPECT_EQ(devices.devices(2).uptime_s(), 0);
  quality::v1::GetOverviewResponse overview;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetOverview, quality::v1::GetOverviewRequest(), &overview).ok());
  EXPECT_EQ(overview.score_disagreements_24h(), 3);
}

TEST_F(QualityServicesTest, CardsCountHoursDaysAndTheTrend) {
  AddFiveSamples();
  AddSample("ESP32_LS_01", "2026-02-02 08:30", 0.2, "REJECT");  // a day and a half hour ago; 0.73 today is better
  AddSample("ESP32_LS_01", "2026-02-02 23:10", 0.7, "B");       // after midnight at the sites
  AddSample("ESP32_LS_01", "2026-02-02 22:50", 0.7, "B");       // before it
  AddSample("ESP32_LS_01", "2025-12-01 08:30", 0.9, "A+");
  quality::v1::DashboardMetrics cards;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetDashboardMetrics, quality::v1::GetDashboardMetricsRequest(), &cards).ok());
  EXPECT_EQ(cards.totalsamples(), 9);
  EXPECT_EQ(cards.samplesprocessedtoday(), 5);
  EXPECT_EQ(cards.samplesprocessedweek(), 8);
  EXPECT_EQ(cards.samplesprocessedmonth(), 8);
  EXPECT_EQ(cards.processingrate(), 3);
  EXPECT_EQ(cards.qualitytrend(), "up");
  EXPECT_NEAR(cards.averagequality().value(), 4.3 / 6, 1e-12);
  EXPECT_EQ(cards.recentanalyses_size(), 9);
  EXPECT_EQ(cards.recentanalyses(0).vl53l8ch_distance_matrix_size(), 0);
  EXPECT_EQ(cards.offlinedevices() + cards.activedevices(), cards.totaldevices());
  quality::v1::GetOverviewResponse overview;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetOverview, quality::v1::GetOverviewRequest(), &overview).ok());
  EXPECT_EQ(overview.dashboard_metrics().totalsamples(), 9);
}

TEST_F(QualityServicesTest, HealthFollowsTheAgeOfTheNewestSample) {
  quality::v1::GetHealthResponse health;
  const auto ask = [&] { return Call(*stats_, &QualityStatsService::Stub::GetHealth, quality::v1::GetHealthRequest(), &health).ok(); };
  ASSERT_TRUE(ask());
  EXPECT_EQ(health.status(), "degraded");
  EXPECT_FALSE(health.has_last_sample_age_seconds());
  AddSample("ESP32_LL_01", "2026-02-03 08:55", 0.9, "A+");
  ASSERT_TRUE(ask());
  EXPECT_EQ(health.status(), "ok");
  EXPECT_EQ(health.last_sample_age_seconds().value(), 300);
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(ask());
  EXPECT_EQ(health.status(), "degraded");
  clock_.Advance(absl::Seconds(3300));
  ASSERT_TRUE(ask());
  EXPECT_EQ(health.status(), "error");
  database_.reset();
  ASSERT_TRUE(ask());
  EXPECT_FALSE(health.database_connected());
  EXPECT_EQ(health.status(), "error");
}

TEST_F(QualityServicesTest, LotQualityEstimatesTheLiverFromTheVolume) {
  Sql("INSERT INTO lots_gavage (id, code_lot, site_code, total_corn_real, itm, sigma) VALUES (311, 'LL2602001', 'LL', 7575.6, 14.9, 0.16)");
  AddSample("ESP32_LL_01", "2026-02-03 08:10", 0.9, "A+", "311", 520000);
  AddSample("ESP32_LL_01", "2026-02-03 08:20", 0.5, "C", "311", 540000);
  quality::v1::GetLotQualityRequest request;
  request.set_lot("LL2602001");
  quality::v1::GetLotQualityResponse lot;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetLotQuality, request, &lot).ok());
  EXPECT_EQ(lot.lot_id(), 311);
  EXPECT_EQ(lot.total_samples(), 2);
  EXPECT_NEAR(lot.avg_quality_score().value(), 0.7, 1e-12);
  EXPECT_EQ(lot.compliance_rate_pct().value(), 50);
  EXPECT_EQ(lot.grade_distribution().at("A+"), 1);
  EXPECT_NEAR(lot.liver_mass_g_mean().value(), 530 * 0.947, 1e-9);
  EXPECT_NEAR(lot.itm_sensor_estimate().value(), 7575.6 / (530 * 0.947), 1e-9);
  ASSERT_EQ(lot.samples_size(), 2);
  EXPECT_EQ(lot.samples(0).fusion_final_grade(), "C") << "newest first";
  request.set_lot("312");
  EXPECT_EQ(Call(*stats_, &QualityStatsService::Stub::GetLotQuality, request, &lot).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(QualityServicesTest, LotWithoutSamplesHasNoQuality) {
  Sql("INSERT INTO lots_gavage (code_lot, site_code, total_corn_real) VALUES ('LL2602001', 'LL', 7000)");
  quality::v1::GetLotQualityRequest request;
  request.set_lot("LL2602001");
  quality::v1::GetLotQualityResponse lot;
  ASSERT_TRUE(Call(*stats_, &QualityStatsService::Stub::GetLotQuality, request, &lot).ok());
  EXPECT_EQ(lot.total_samples(), 0);
  EXPECT_FALSE(lot.has_avg_quality_score());
  EXPECT_FALSE(lot.has_liver_mass_g_mean());
  EXPECT_FALSE(lot.has_itm_sensor_estimate());
  EXPECT_EQ(lot.grade_distribution().size(), 5u);
}

TEST_F(QualityServicesTest, DeviceComesWithItsSampleAndItsDay) {
  AddFiveSamples();
  quality::v1::GetDeviceRequest request;
  request.set_device_id("ESP32_LS_01");
  quality::v1::GetDeviceResponse response;
  ASSERT_TRUE(Call(*devices_, &DeviceService::Stub::GetDevice, request, &response).ok());
  EXPECT_EQ(response.device().device_name(), "Capteur Site Pays de Loire (LS)");
  EXPECT_FALSE(response.device().has_last_seen());
  EXPECT_EQ(response.latest_sample().fusion_final_grade(), "A");
  EXPECT_EQ(response.latest_sample().vl53l8ch_distance_matrix_size(), 0);
  EXPECT_EQ(response.hourly_stats_size(), 1);
  EXPECT_EQ(response.stats_24h().total_samples(), 1);
  request.set_device_id("ESP32_MT_01");
  ASSERT_TRUE(Call(*devices_, &DeviceService::Stub::GetDevice, request, &response).ok());
  EXPECT_FALSE(response.has_latest_sample());
  EXPECT_FALSE(response.stats_24h().has_avg_quality_score());
  request.set_device_id("nobody");
  EXPECT_EQ(Call(*devices_, &DeviceService::Stub::GetDevice, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(QualityServicesTest, HeartbeatRegistersAnUnknownDeviceAtTheSiteInItsName) {
  quality::v1::ReportHeartbeatRequest request;
  request.mutable_heartbeat()->set_device_id("ESP32-FOIEGRAS-LL-001");
  request.mutable_heartbeat()->set_firmware_version("1.2.3");
  request.mutable_heartbeat()->set_buffer_size(3);
  quality::v1::ReportHeartbeatResponse response;
  ASSERT_TRUE(Call(*devices_, &DeviceService::Stub::ReportHeartbeat, request, &response).ok());
  EXPECT_EQ(response.device().site_code(), "LL");
  EXPECT_EQ(response.device().last_seen().seconds(), 1770109200);
  EXPECT_EQ(response.device().buffer_size(), 3);
  request.mutable_heartbeat()->clear_firmware_version();
  request.mutable_heartbeat()->set_buffer_size(0);
  ASSERT_TRUE(Call(*devices_, &DeviceService::Stub::ReportHeartbeat, request, &response).ok());
  EXPECT_EQ(response.device().firmware_version(), "1.2.3") << "what is not told again stays";
  EXPECT_EQ(response.device().buffer_size(), 0);
  quality::v1::ListDevicesRequest list;
  list.set_site_code("LL");
  quality::v1::ListDevicesResponse devices;
  ASSERT_TRUE(Call(*devices_, &DeviceService::Stub::ListDevices, list, &devices).ok());
  EXPECT_EQ(devices.total(), 2);
  request.mutable_heartbeat()->set_device_id("");
  request.mutable_heartbeat()->set_uptime_s(-1);
  request.mutable_heartbeat()->set_buffer_size(-1);
  EXPECT_THAT(BadFields(Call(*devices_, &DeviceService::Stub::ReportHeartbeat, request, &response)),
              ElementsAre("heartbeat.device_id", "heartbeat.uptime_s", "heartbeat.buffer_size"));
  EXPECT_THAT(heartbeats_, ElementsAre("ESP32-FOIEGRAS-LL-001", "ESP32-FOIEGRAS-LL-001")) << "the live feed learns of good heartbeats only";
}

}  // namespace
}  // namespace egi::api
