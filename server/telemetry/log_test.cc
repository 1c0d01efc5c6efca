#include "server/telemetry/log.h"

#include <sstream>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "spdlog/sinks/ostream_sink.h"

namespace egi::telemetry {
namespace {

TEST(LogTest, LineIsJsonWithFieldsEscaped) {
  std::ostringstream out;
  Log log(std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  log.Warning("gap of \"7\"\n", {{"trace_id", "abc"}, {"producer", "a\xff"}, {"empty", ""}});
  const auto line = nlohmann::json::parse(out.str());
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["message"], "gap of \"7\"\n");
  EXPECT_EQ(line["trace_id"], "abc");
  EXPECT_EQ(line["producer"], "a\xef\xbf\xbd");
  EXPECT_FALSE(line.contains("empty"));
  EXPECT_EQ(std::string(line["time"]).back(), 'Z');
}

TEST(LogTest, DebugIsSilentUntilVerbose) {
  std::ostringstream out;
  Log log(std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  log.Debug("x");
  EXPECT_EQ(out.str(), "");
  log.SetVerbose(true);
  log.Debug("x");
  EXPECT_NE(out.str(), "");
}

TEST(TraceIdTest, ComesFromTraceparent) {
  EXPECT_EQ(TraceIdOf("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(TraceIdTest, MalformedTraceparentGivesNone) {
  EXPECT_EQ(TraceIdOf(""), "");
  EXPECT_EQ(TraceIdOf("00-XXf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), "");
  EXPECT_EQ(TraceIdOf("00-00000000000000000000000000000000-00f067aa0ba902b7-01"), "");
}

}  // namespace
}  // namespace egi::telemetry
