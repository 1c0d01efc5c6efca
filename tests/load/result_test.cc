#include "tests/load/result.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace egi::load {
namespace {

TEST(ResultTest, MedianOfThreeRunsIsTheMiddleOneWithItsOwnLatencies) {
  const Result median = MedianOf({{.name = "a", .value = 3, .unit = "u", .p50_ms = 30},
                                  {.name = "a", .value = 1, .unit = "u", .p50_ms = 10},
                                  {.name = "a", .value = 2, .unit = "u", .p50_ms = 20}});
  EXPECT_EQ(median.value, 2);
  EXPECT_EQ(median.p50_ms, 20);
  EXPECT_EQ(median.runs, 3);
}

TEST(ResultTest, QuantilesOfHundredLatencies) {
  std::vector<double> latencies;
  for (int i = 100; i >= 1; --i) latencies.push_back(i);
  EXPECT_EQ(Quantile(latencies, 0.5), 50);
  EXPECT_EQ(Quantile(latencies, 0.99), 99);
  std::vector<double> none;
  EXPECT_EQ(Quantile(none, 0.5), 0);
}

TEST(ResultTest, JsonHasTheAgreedMembers) {
  const auto json = nlohmann::json::parse(ToJson({{.name = "fsync", .value = 9740.5, .unit = "ops/s", .p50_ms = 0.1, .p99_ms = 0.2, .runs = 3}}));
  EXPECT_EQ(json, nlohmann::json::parse(R"({"results":[{"name":"fsync","value":9740.5,"unit":"ops/s","p50_ms":0.1,"p99_ms":0.2,"runs":3}]})"));
}

TEST(ResultTest, TableShowsTheRatioToTheRawLimit) {
  const std::string table = ToTable({{.name = "ingest_batched", .value = 30000, .unit = "samples/s"}, {.name = "raw_copy_binary", .value = 100000, .unit = "rows/s"}});
  EXPECT_NE(table.find("ingest_batched / raw_copy_binary = 0.30"), std::string::npos);
}

}  // namespace
}  // namespace egi::load
