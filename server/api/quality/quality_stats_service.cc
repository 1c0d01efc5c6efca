#include "server/api/quality/quality_stats_service.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/base/site_zone.h"

namespace egi::api {
namespace {

using quality::v1::DashboardMetrics;
using quality::v1::GetOverviewResponse;
using quality::v1::StatsRequest;
using storage::read::CardReader;
using storage::read::QualityReader;
using storage::read::SampleReader;
using storage::read::StatsQuery;

constexpr absl::Duration kActive = absl::Minutes(5);
constexpr absl::Duration kDegradedAfter = absl::Seconds(300);
constexpr absl::Duration kErrorAfter = absl::Seconds(3600);

StatsQuery ParseStats(const StatsRequest& request, absl::Time now, absl::Duration window, Fields& fields) {
  const int default_hours = static_cast<int>(absl::ToInt64Hours(window));
  const TimeRange period = PeriodOf(request, now, absl::Hours(fields.Number("hours", request.hours(), 1, 8760, default_hours)), fields);
  fields.SiteCode("site_code", request.site_code());
  fields.Text("device_id", request.device_id(), 0, 100);
  return {period.start, period.end, request.device_id(), request.site_code()};
}

void SetPeriod(const StatsQuery& query, quality::v1::Period* period) {
  ToTimestamp(query.start, period->mutable_start());
  ToTimestamp(query.end, period->mutable_end());
}

// Answers also without a database. An installation that never saw a sample is `degraded`: it waits for its first device.
absl::Status GetHealth(QualityReader& reader, absl::Time now, quality::v1::GetHealthResponse* response) {
  ToTimestamp(now, response->mutable_timestamp());
  const auto pulse = reader.ReadPulse(now - kActive);
  response->set_database_connected(pulse.ok());
  response->set_status("error");
  if (!pulse.ok()) return absl::OkStatus();
  response->set_active_devices(pulse->active_devices);
  response->set_status("degraded");
  if (!pulse->newest_sample.has_value()) return absl::OkStatus();
  const absl::Duration age = std::max(now - *pulse->newest_sample, absl::ZeroDuration());
  response->mutable_last_sample_age_seconds()->set_value(absl::ToDoubleSeconds(age));
  response->set_status(age > kErrorAfter ? "error" : age > kDegradedAfter ? "degraded" : "ok");
  return absl::OkStatus();
}

absl::Status ListHourlyStats(QualityReader& reader, absl::Time now, const StatsRequest& request,
                             quality::v1::ListHourlyStatsResponse* response) {
  Fields fields;
  const StatsQuery query = ParseStats(request, now, absl::Hours(7 * 24), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto stats = reader.ListHourlyStats(query);
  if (!stats.ok()) return stats.status();
  MoveAll(*std::move(stats), response->mutable_stats());
  response->set_count(response->stats_size());
  SetPeriod(query, response->mutable_period());
  return absl::OkStatus();
}

absl::Status GetSiteStats(QualityReader& reader, absl::Time now, const StatsRequest& request,
                          quality::v1::GetSiteStatsResponse* response) {
  Fields fields;
  const StatsQuery query = ParseStats(request, now, absl::Hours(30 * 24), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = Answer(reader.ReadSiteStats(query), response); !failed.ok()) return failed;
  ToTimestamp(query.start, response->mutable_period_start());
  ToTimestamp(query.end, response->mutable_period_end());
  return absl::OkStatus();
}

// Percentages have one decimal.
absl::Status GetGradeDistribution(QualityReader& reader, absl::Time now, const StatsRequest& request,
                                  quality::v1::GetGradeDistributionResponse* response) {
  Fields fields;
  const StatsQuery query = ParseStats(request, now, absl::Hours(7 * 24), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto grades = reader.CountGrades(query);
  if (!grades.ok()) return grades.status();
  auto& distribution = *response->mutable_distribution();
  for (const char* grade : {"A+", "A", "B", "C", "REJECT"}) distribution[grade] = 0;
  int total = 0;
  for (const auto& [grade, count] : *grades) {
    distribution[grade] = count;
    total += count;
  }
  response->set_total(total);
  for (const auto& [grade, count] : distribution) {
    if (total > 0) (*response->mutable_percentages())[grade] = std::round(1000.0 * count / total) / 10;
  }
  SetPeriod(query, response->mutable_period());
  return absl::OkStatus();
}

// Midnight of the present day where the sites are.
absl::Time MidnightAtTheSites(absl::Time now) { return absl::FromCivil(absl::ToCivilDay(now, SiteZone()), SiteZone()); }

// Compares the last 24 hours with the 24 before.
const char* Trend(const quality::v1::DayStats& today, const std::optional<double>& yesterday) {
  constexpr double kNoticeable = 0.01;
  if (!today.has_avg_quality_score() || !yesterday.has_value()) return "stable";
  const double change = today.avg_quality_score().value() - *yesterday;
  return change > kNoticeable ? "up" : change < -kNoticeable ? "down" : "stable";
}

absl::Status FillCards(CardReader& reader, SampleReader& samples, absl::Time now, const GetOverviewResponse& overview,
                       DashboardMetrics* metrics) {
  const auto cards = reader.ReadCards(now, MidnightAtTheSites(now));
  if (!cards.ok()) return cards.status();
  storage::read::SampleQuery newest;
  newest.start = absl::FromUnixSeconds(0);
  newest.end = now;
  newest.limit = 10;
  auto page = samples.ListSamples(newest);
  if (!page.ok()) return page.status();
  metrics->set_totalsamples(cards->total);
  metrics->set_samplesprocessedtoday(cards->today);
  metrics->set_samplesprocessedweek(cards->week);
  metrics->set_samplesprocessedmonth(cards->month);
  if (overview.stats_24h().has_avg_quality_score()) *metrics->mutable_averagequality() = overview.stats_24h().avg_quality_score();
  if (overview.stats_24h().has_compliance_rate_pct()) *metrics->mutable_successrate() = overview.stats_24h().compliance_rate_pct();
  metrics->set_activedevices(overview.active_devices());
  metrics->set_totaldevices(overview.total_devices());
  metrics->set_offlinedevices(overview.total_devices() - overview.active_devices());
  metrics->set_recentalerts(cards->recent_alerts);
  metrics->set_qualitytrend(Trend(overview.stats_24h(), cards->score_yesterday));
  metrics->set_processingrate(cards->last_hour);
  MoveAll(std::move(page->samples), metrics->mutable_recentanalyses());
  *metrics->mutable_gradedistribution() = overview.grade_distribution_7d();
  return absl::OkStatus();
}

absl::Status GetOverview(QualityReader& reader, CardReader& cards, SampleReader& samples, absl::Time now,
                         GetOverviewResponse* response) {
  if (absl::Status failed = Answer(reader.ReadOverview(now), response); !failed.ok()) return failed;
  ToTimestamp(now, response->mutable_timestamp());
  return FillCards(cards, samples, now, *response, response->mutable_dashboard_metrics());
}

absl::Status GetDashboardMetrics(QualityReader& reader, CardReader& cards, SampleReader& samples, absl::Time now,
                                 DashboardMetrics* response) {
  const auto overview = reader.ReadOverview(now);
  if (!overview.ok()) return overview.status();
  return FillCards(cards, samples, now, *overview, response);
}

absl::Status GetLotQuality(QualityReader& reader, const quality::v1::GetLotQualityRequest& request,
                           quality::v1::GetLotQualityResponse* response) {
  Fields fields;
  const storage::read::LotKey lot = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(reader.ReadLotQuality(lot), response);
}

}  // namespace

grpc::ServerUnaryReactor* QualityStatsService::GetHealth(grpc::CallbackServerContext* context, const quality::v1::GetHealthRequest*,
                                                         quality::v1::GetHealthResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetHealth(quality_, clock_.Now(), response); });
}

grpc::ServerUnaryReactor* QualityStatsService::ListHourlyStats(grpc::CallbackServerContext* context, const StatsRequest* request,
                                                               quality::v1::ListHourlyStatsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListHourlyStats(quality_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* QualityStatsService::GetSiteStats(grpc::CallbackServerContext* context, const StatsRequest* request,
                                                            quality::v1::GetSiteStatsResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetSiteStats(quality_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* QualityStatsService::GetGradeDistribution(grpc::CallbackServerContext* context, const StatsRequest* request,
                                                                    quality::v1::GetGradeDistributionResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetGradeDistribution(quality_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* QualityStatsService::GetOverview(grpc::CallbackServerContext* context,
                                                           const quality::v1::GetOverviewRequest*,
                                                           quality::v1::GetOverviewResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetOverview(quality_, cards_, samples_, clock_.Now(), response); });
}

grpc::ServerUnaryReactor* QualityStatsService::GetDashboardMetrics(grpc::CallbackServerContext* context,
                                                                   const quality::v1::GetDashboardMetricsRequest*,
                                                                   DashboardMetrics* response) {
  return calls_.Run(context, [=, this] { return api::GetDashboardMetrics(quality_, cards_, samples_, clock_.Now(), response); });
}

grpc::ServerUnaryReactor* QualityStatsService::GetLotQuality(grpc::CallbackServerContext* context,
                                                             const quality::v1::GetLotQualityRequest* request,
                                                             quality::v1::GetLotQualityResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetLotQuality(quality_, *request, response); });
}

}  // namespace egi::api
