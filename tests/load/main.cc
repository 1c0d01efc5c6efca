// egi-bench: measures a running platform on the whole path, with the raw limits of the machine beside it. The figures of one run are
// comparable with one another, not with those of another machine.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "tests/load/disk_load.h"
#include "tests/load/ingest_load.h"
#include "tests/load/result.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the server");
ABSL_FLAG(std::string, gateway, "127.0.0.1:8000", "HOST:PORT of the gateway");
ABSL_FLAG(std::string, database_url, "", "database of the server; default: environment EGI_DATABASE_URL");
ABSL_FLAG(std::string, directory, "/var/tmp", "folder on the disk of the database, for the fsync figure");
ABSL_FLAG(std::string, wsload, "", "path of the wsload program");
ABSL_FLAG(bool, quick, false, "one short run of each instead of three");
ABSL_FLAG(bool, json, false, "print JSON instead of a table");

namespace egi::load {
namespace {

// Runs wsload and reads its JSON line.
absl::StatusOr<nlohmann::json> RunWsload(const std::string& arguments) {
  const std::string command = absl::StrCat(absl::GetFlag(FLAGS_wsload), " --gateway ", absl::GetFlag(FLAGS_gateway), " ", arguments);
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return absl::InternalError("cannot start wsload");
  std::string output;
  std::array<char, 4096> chunk;
  while (const size_t length = fread(chunk.data(), 1, chunk.size(), pipe)) output.append(chunk.data(), length);
  if (pclose(pipe) != 0) return absl::InternalError(absl::StrCat("wsload failed (see above): ", output));
  nlohmann::json json = nlohmann::json::parse(output, nullptr, false);
  if (json.is_discarded()) return absl::InternalError(absl::StrCat("wsload printed no JSON: ", output));
  return json;
}

absl::StatusOr<Result> MeasureWsToWs(int seconds, int dashboards, const std::string& name) {
  absl::StatusOr<nlohmann::json> json = RunWsload(absl::StrCat("--rate 100 --dashboards ", dashboards, " --duration ", seconds, "s"));
  if (!json.ok()) return json.status();
  return Result{.name = name, .value = (*json)["per_second"], .unit = "samples/s", .p50_ms = (*json)["p50_ms"], .p99_ms = (*json)["p99_ms"], .runs = 1};
}

absl::StatusOr<Result> MeasureWsIngest(int seconds, int dashboards, const std::string& name) {
  absl::StatusOr<nlohmann::json> json =
      RunWsload(absl::StrCat("--rate 0 --producers 10 --dashboards ", dashboards, " --duration ", seconds, "s"));
  if (!json.ok()) return json.status();
  return Result{.name = name, .value = (*json)["per_second"], .unit = "samples/s", .p50_ms = (*json)["ack_p50_ms"], .p99_ms = (*json)["ack_p99_ms"], .runs = 1};
}

struct Measurement {
  std::string name;
  std::function<absl::StatusOr<Result>()> run;
};

std::vector<Measurement> Plan(int seconds, const std::string& database_url) {
  const std::string server = absl::GetFlag(FLAGS_server);
  const IngestLoadOptions batched = {.server = server, .duration = absl::Seconds(seconds)};
  const IngestLoadOptions single = {.server = server, .streams = 8, .batch = 1, .window = 48, .duration = absl::Seconds(seconds)};
  std::vector<Measurement> plan = {
      {"fsync", [=] { return MeasureFsync(absl::GetFlag(FLAGS_directory), absl::Seconds(1)); }},
      {"raw_grpc_batched", [=] { return MeasureRawGrpc(batched); }},
      {"ingest_batched", [=] { return MeasureIngest("ingest_batched", batched); }},
      {"ingest_single", [=] { return MeasureIngest("ingest_single", single); }},
      {"raw_copy_binary", [=] { return MeasureRawCopy(database_url, absl::Seconds(seconds)); }},
  };
  if (!absl::GetFlag(FLAGS_wsload).empty()) {
    plan.push_back({"ws_to_ws", [=] { return MeasureWsToWs(seconds, 50, "ws_to_ws"); }});
    plan.push_back({"ws_to_ws_500", [=] { return MeasureWsToWs(seconds, 500, "ws_to_ws_500"); }});
    plan.push_back({"ws_ingest", [=] { return MeasureWsIngest(seconds, 0, "ws_ingest"); }});
    plan.push_back({"ws_ingest_50", [=] { return MeasureWsIngest(seconds, 50, "ws_ingest_50"); }});
  }
  return plan;
}

int Main() {
  std::string database_url = absl::GetFlag(FLAGS_database_url);
  if (const char* url = getenv("EGI_DATABASE_URL"); database_url.empty() && url != nullptr) database_url = url;
  const bool quick = absl::GetFlag(FLAGS_quick);
  const int runs = quick ? 1 : 3;
  std::vector<Result> results;
  const std::vector<Measurement> plan = Plan(quick ? 2 : 5, database_url);
  for (size_t i = 0; i < plan.size(); ++i) {
    std::vector<Result> outcomes;
    for (int run = 0; run < runs; ++run) {
      fprintf(stderr, "[%zu/%zu] %s, run %d of %d\n", i + 1, plan.size(), plan[i].name.c_str(), run + 1, runs);
      absl::StatusOr<Result> outcome = plan[i].run();
      if (!outcome.ok()) {
        fprintf(stderr, "egi-bench: %s: %s\n", plan[i].name.c_str(), outcome.status().ToString().c_str());
        return 1;
      }
      outcomes.push_back(*std::move(outcome));
    }
    results.push_back(MedianOf(std::move(outcomes)));
  }
  printf("%s\n", absl::GetFlag(FLAGS_json) ? ToJson(results).c_str() : ToTable(results).c_str());
  return 0;
}

}  // namespace
}  // namespace egi::load

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Measures a running platform: durable ingest, WebSocket to WebSocket, and the limits of gRPC, COPY and the disk.");
  absl::ParseCommandLine(argc, argv);
  return egi::load::Main();
}
