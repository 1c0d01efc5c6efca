#include "server/telemetry/metrics.h"

#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"

namespace egi::telemetry {
namespace {

std::string Scrape(const Metrics& metrics) { return prometheus::TextSerializer().Serialize(metrics.registry()->Collect()); }

TEST(MetricsTest, ItemsAreCountedByKindAndResult) {
  Metrics metrics;
  metrics.CountItems("sample", "saved", 3);
  metrics.CountItems("sample", "saved", 2);
  const std::string text = Scrape(metrics);
  EXPECT_NE(text.find(R"(egi_ingest_items_total{kind="sample",result="saved"} 5)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(egi_ingest_items_total{kind="meal",result="rejected"} 0)"), std::string::npos) << text;
}

TEST(MetricsTest, OutstandingGoesUpAndDown) {
  Metrics metrics;
  metrics.AddOutstanding("meal", 10);
  metrics.AddOutstanding("meal", -4);
  EXPECT_NE(Scrape(metrics).find(R"(egi_outstanding_items{kind="meal"} 6)"), std::string::npos);
}

TEST(MetricsTest, LatencyFallsIntoItsBucket) {
  Metrics metrics;
  metrics.ObserveAckLatency("sample", 0.004);
  const std::string text = Scrape(metrics);
  EXPECT_NE(text.find(R"(egi_ack_latency_seconds_bucket{kind="sample",le="0.005"} 1)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(egi_ack_latency_seconds_bucket{kind="sample",le="0.0025"} 0)"), std::string::npos) << text;
}

TEST(MetricsTest, StationsAreShownByStateAndWhatTheirHeartbeatsTold) {
  Metrics metrics;
  metrics.SetDevices("silent", 2);
  metrics.SetDevices("silent", 1);
  metrics.CountDeviceSteps("nack", 3);
  metrics.CountDeviceSteps("nack", 4);
  metrics.SetDeviceBacklog(17, 5);
  const std::string text = Scrape(metrics);
  for (const char* line : {R"(egi_devices{state="silent"} 1)", R"(egi_device_events_total{event="nack"} 7)",
                           "egi_device_buffered_measurements 17", "egi_device_commands_open 5"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
  }
}

TEST(MetricsTest, EveryComparisonOfScoresIsShownFromTheStart) {
  Metrics metrics;
  metrics.CountComparison("disagrees");
  const std::string text = Scrape(metrics);
  EXPECT_NE(text.find(R"(egi_score_comparisons_total{result="disagrees"} 1)"), std::string::npos) << text;
  for (const char* result : {"agrees", "not_declared", "unknown_profile"}) {
    EXPECT_NE(text.find(std::string("egi_score_comparisons_total{result=\"") + result + "\"} 0"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace egi::telemetry
