#include "server/app/config.h"

#include "gtest/gtest.h"

namespace egi::app {
namespace {

TEST(ConfigTest, EmptyTextIsAllDefaults) {
  const auto config = ParseConfig("");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->ingest().max_outstanding_items(), 4000);
  EXPECT_EQ(config->publish().resume_window_hours(), 24);
  EXPECT_EQ(config->drain_timeout_s(), 10);
}

TEST(ConfigTest, GivenValuesStand) {
  const auto config = ParseConfig("ingest { max_streams: 7 }\n# a comment\npersist { max_rows: 100 }");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->ingest().max_streams(), 7);
  EXPECT_EQ(config->persist().max_rows(), 100);
}

TEST(ConfigTest, EveryViolationIsReported) {
  const absl::Status status =
      ParseConfig("ingest { max_streams: -1 } publish { log_mib: 5000 } drain_timeout_s: 999 gauge { drift_lambda: 2 } "
                  "devices { silent_after_s: 86401 } alerts { score_margin: nan clear_after_meals: 101 meal_grace_h: 13 } "
                  "feeding { settle_s: 86401 }")
          .status();
  for (const char* field : {"ingest.max_streams", "publish.log_mib", "drain_timeout_s", "gauge.drift_lambda", "devices.silent_after_s",
                            "alerts.score_margin", "alerts.clear_after_meals", "alerts.meal_grace_h", "feeding.settle_s"}) {
    EXPECT_NE(status.message().find(field), absl::string_view::npos) << field;
  }
}

TEST(ConfigTest, UnreadableTextNamesItsLine) {
  const absl::Status status = ParseConfig("ingest {\n  colour: 3\n}").status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_NE(status.message().find("line 2"), absl::string_view::npos) << status;
}

TEST(ConfigTest, FileOfDefaultsSaysWhatTheDefaultsAre) {
  const auto written = LoadConfig("server/config/egi-server.textproto");
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->SerializeAsString(), ParseConfig("")->SerializeAsString());
}

TEST(ConfigTest, MissingFileSaysSo) { EXPECT_TRUE(absl::IsNotFound(LoadConfig("no/such/file").status())); }

TEST(LoopbackTest, OnlyThisMachineIsAccepted) {
  for (const char* good : {"127.0.0.1:50051", "127.9.9.9:0", "localhost:1", "[::1]:50051"}) {
    EXPECT_TRUE(CheckLoopback(good, "--listen").ok()) << good;
  }
  for (const char* bad : {"0.0.0.0:50051", "[::]:50051", "192.168.1.2:1", "example.org:1", "127.0.0.1.example.org:1", ":50051",
                          "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckLoopback(bad, "--listen"))) << bad;
  }
}

}  // namespace
}  // namespace egi::app
