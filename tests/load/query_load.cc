// query-load: how long the statistics of a running server take, over whatever its database holds.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "egi/quality/v1/stats.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/load/result.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the server");
ABSL_FLAG(int, calls, 100, "calls of each method, one after the other");
ABSL_FLAG(std::string, only, "", "name of the one query to time; empty = all");

namespace egi::load {
namespace {

using quality::v1::QualityStatsService;
using quality::v1::StatsRequest;
using Stub = QualityStatsService::Stub;

template <typename Request, typename Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

// One call, in milliseconds; negative when it failed.
template <typename Request, typename Response>
double Time(Stub& stub, Method<Request, Response> method, const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  Response response;
  const auto start = std::chrono::steady_clock::now();
  const grpc::Status status = (stub.*method)(&context, request, &response);
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (status.ok()) return ms;
  std::fprintf(stderr, "query-load: %s\n", status.error_message().c_str());
  return -1;
}

// The last `hours` hours; both ends cut an hour.
StatsRequest Last(int hours, const std::string& site = "") {
  StatsRequest request;
  request.set_hours(hours);
  request.set_site_code(site);
  return request;
}

struct Query {
  const char* name;
  std::function<double()> call;
};

bool Measure(const Query& query, int calls) {
  if (query.call() < 0) return false;  // fills the caches of the connection
  std::vector<double> latencies;
  for (int i = 0; i < calls; ++i) {
    latencies.push_back(query.call());
    if (latencies.back() < 0) return false;
  }
  const double p50 = Quantile(latencies, 0.5), p95 = Quantile(latencies, 0.95);
  std::printf("%-28s p50 %8.1f ms   p95 %8.1f ms   max %8.1f ms\n", query.name, p50, p95, latencies.back());
  return true;
}

}  // namespace
}  // namespace egi::load

int main(int argc, char** argv) {
  using namespace egi::load;
  absl::SetProgramUsageMessage("times the statistics of a running server\n\n  query-load [--server=127.0.0.1:50051] [--calls=100] [--only=overview]");
  absl::ParseCommandLine(argc, argv);
  const auto stub = QualityStatsService::NewStub(grpc::CreateChannel(absl::GetFlag(FLAGS_server), grpc::InsecureChannelCredentials()));
  const std::vector<Query> queries = {
      {"overview", [&] { return Time(*stub, &Stub::GetOverview, {}); }},
      {"dashboard metrics", [&] { return Time(*stub, &Stub::GetDashboardMetrics, {}); }},
      {"sites, 30 days", [&] { return Time(*stub, &Stub::GetSiteStats, Last(720)); }},
      {"one site, 30 days", [&] { return Time(*stub, &Stub::GetSiteStats, Last(720, "LS")); }},
      {"grades, 7 days", [&] { return Time(*stub, &Stub::GetGradeDistribution, Last(168)); }},
      {"hours of all stations, 7 days", [&] { return Time(*stub, &Stub::ListHourlyStats, Last(168)); }},
  };
  for (const Query& query : queries) {
    if (!absl::GetFlag(FLAGS_only).empty() && absl::GetFlag(FLAGS_only) != query.name) continue;
    if (!Measure(query, absl::GetFlag(FLAGS_calls))) return 1;
  }
  return 0;
}
