#include "server/api/quality/business_service.h"

#include <utility>
#include <vector>

#include "server/api/quality/business_metrics.h"
#include "server/api/fields.h"

namespace egi::api {
namespace {

using quality::v1::GetBusinessMetricsRequest;
using quality::v1::GetBusinessMetricsResponse;

constexpr int kNewest = 100;  // the capability takes so many; nothing takes more

// The newest calibrations of every device among the samples.
absl::StatusOr<Calibrations> CalibrationsOf(const std::vector<quality::v1::SampleRecord>& samples, storage::write::GaugeStore& gauge) {
  Calibrations calibrations;
  for (const auto& sample : samples) {
    const auto [entry, is_new] = calibrations.try_emplace(sample.device_id());
    if (!is_new) continue;
    storage::write::GaugePage page;
    page.device_id = sample.device_id();
    page.limit = kNewest;
    auto found = gauge.ListCalibrations(page);
    if (!found.ok()) return found.status();
    entry->second = *std::move(found);
  }
  return calibrations;
}

absl::Status GetBusinessMetrics(storage::read::SampleReader& samples, storage::read::QualityReader& quality, storage::write::GaugeStore& gauge,
                                const analyse::AnalysisBook& book, absl::Time now, const GetBusinessMetricsRequest& request,
                                GetBusinessMetricsResponse* response) {
  Fields fields;
  const int hours = fields.Number("hours", request.hours(), 1, 8760, 24);
  fields.Text("device_id", request.device_id(), 0, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  storage::read::SampleQuery newest;
  newest.start = now - absl::Hours(hours);
  newest.end = now;
  newest.device_id = request.device_id();
  newest.matrices = true;
  newest.limit = kNewest;
  const auto page = samples.ListSamples(newest);
  if (!page.ok()) return page.status();
  const auto grades = quality.CountGrades({newest.start, newest.end, request.device_id(), ""});
  if (!grades.ok()) return grades.status();
  const auto last_hour = quality.CountGrades({now - absl::Hours(1), newest.end, request.device_id(), ""});
  if (!last_hour.ok()) return last_hour.status();
  const auto calibrations = CalibrationsOf(page->samples, gauge);
  if (!calibrations.ok()) return calibrations.status();
  *response = BusinessMetricsOf(page->samples, *grades, book, *calibrations);
  int cadence = 0;
  for (const auto& [grade, count] : *last_hour) cadence += count;
  response->mutable_operational()->set_cadence_per_hour(cadence);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* BusinessMetricsService::GetBusinessMetrics(grpc::CallbackServerContext* context,
                                                                     const GetBusinessMetricsRequest* request,
                                                                     GetBusinessMetricsResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetBusinessMetrics(samples_, quality_, gauge_, book_, clock_.Now(), *request, response); });
}

}  // namespace egi::api
