#include "tests/load/result.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace egi::load {

double Quantile(std::vector<double>& latencies_ms, double q) {
  if (latencies_ms.empty()) return 0;
  std::sort(latencies_ms.begin(), latencies_ms.end());
  return latencies_ms[static_cast<size_t>(q * (latencies_ms.size() - 1))];
}

Result MedianOf(std::vector<Result> runs) {
  std::sort(runs.begin(), runs.end(), [](const Result& a, const Result& b) { return a.value < b.value; });
  Result median = runs[runs.size() / 2];
  median.runs = static_cast<int>(runs.size());
  return median;
}

std::string ToJson(const std::vector<Result>& results) {
  nlohmann::ordered_json json = {{"results", nlohmann::ordered_json::array()}};
  for (const Result& result : results) {
    json["results"].push_back({{"name", result.name},
                               {"value", result.value},
                               {"unit", result.unit},
                               {"p50_ms", result.p50_ms},
                               {"p99_ms", result.p99_ms},
                               {"runs", result.runs}});
  }
  return json.dump();
}

std::string ToTable(const std::vector<Result>& results) {
  std::string table = absl::StrFormat("%-18s %14s %-12s %9s %9s %5s\n", "name", "value", "unit", "p50 ms", "p99 ms", "runs");
  double ingest = 0, raw_copy = 0;
  for (const Result& result : results) {
    absl::StrAppend(&table, absl::StrFormat("%-18s %14.1f %-12s %9.2f %9.2f %5d\n", result.name, result.value, result.unit, result.p50_ms, result.p99_ms, result.runs));
    if (result.name == "ingest_batched") ingest = result.value;
    if (result.name == "raw_copy_binary") raw_copy = result.value;
  }
  if (ingest > 0 && raw_copy > 0) absl::StrAppend(&table, absl::StrFormat("ingest_batched / raw_copy_binary = %.2f\n", ingest / raw_copy));
  return table;
}

}  // namespace egi::load
