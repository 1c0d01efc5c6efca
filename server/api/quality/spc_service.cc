#include "server/api/quality/spc_service.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/quality/spc_chart.h"

namespace egi::api {
namespace {

using quality::v1::GetCapabilityRequest;
using quality::v1::GetCapabilityResponse;
using quality::v1::GetChartRequest;
using quality::v1::GetChartResponse;
using storage::read::Characteristic;
using storage::read::SpcGroup;
using storage::read::SpcQuery;
using storage::read::SpcReader;
using storage::read::SpcSample;

constexpr int kMostSamples = 10000;

const Characteristic* ParseCharacteristic(const std::string& name, Fields& fields) {
  const auto& all = storage::read::Characteristics();
  if (name.empty()) return &all.front();
  for (const Characteristic& known : all) {
    if (name == known.name) return &known;
  }
  fields.Add("characteristic", absl::StrCat("must be one of ", absl::StrJoin(all, ", ", [](std::string* out, const Characteristic& known) {
                                              out->append(known.name);
                                            })));
  return &all.front();
}

SpcGroup ParseGroup(const std::string& field, const std::string& name, Fields& fields) {
  fields.OneOf(field, name, {"device", "lot", "site"});
  return name == "lot" ? SpcGroup::kLot : name == "site" ? SpcGroup::kSite : SpcGroup::kDevice;
}

// What both requests have in common.
template <typename Request>
SpcQuery ParseQuery(const Request& request, absl::Time now, Fields& fields) {
  SpcQuery query;
  query.characteristic = ParseCharacteristic(request.characteristic(), fields);
  const TimeRange period = PeriodOf(request, now, absl::Hours(fields.Number("hours", request.hours(), 1, 8760, 24)), fields);
  query.start = period.start;
  query.end = period.end;
  fields.Text("device_id", request.device_id(), 0, 100);
  query.device_id = request.device_id();
  if (!request.lot().empty()) query.lot = fields.Lot("lot", request.lot());
  fields.SiteCode("site_code", request.site_code());
  query.site_code = request.site_code();
  query.limit = kMostSamples + 1;  // one more tells that there are too many
  return query;
}

template <typename Request>
spc::Specification ParseSpecification(const Request& request, const Characteristic& characteristic,
                                      const analyse::QualityReferences& references, Fields& fields) {
  spc::Specification limits;
  const bool thickness = std::string(characteristic.name) == "thickness_mm";
  if (thickness) limits = {references.lsl_mm, references.usl_mm, {}};
  // One given limit replaces the default of that side only.
  if (request.has_lsl()) limits.lsl = request.lsl();
  if (request.has_usl()) limits.usl = request.usl();
  fields.Check(!request.has_lsl() || std::isfinite(request.lsl()), "lsl", "must be a finite number");
  fields.Check(!request.has_usl() || std::isfinite(request.usl()), "usl", "must be a finite number");
  const bool both = limits.lsl.has_value() && limits.usl.has_value();
  if (both) fields.Check(*limits.lsl < *limits.usl, "usl", absl::StrCat("must be greater than lsl, which is ", *limits.lsl));
  if (request.has_target()) {
    limits.target = request.target();
    fields.Check(both && *limits.lsl <= request.target() && request.target() <= *limits.usl, "target",
                 "must lie between lsl and usl, which must both be known");
  } else if (both) {
    limits.target = (*limits.lsl + *limits.usl) / 2;
  }
  return limits;
}

double Positive(const std::string& field, bool given, double value, double most, double fallback, Fields& fields) {
  if (!given) return fallback;
  fields.Check(value > 0 && value <= most, field, absl::StrCat("must be greater than 0 and at most ", most));
  return value;
}

ChartPlan ParsePlan(const GetChartRequest& request, const Characteristic& characteristic, const analyse::QualityReferences& references,
                    Fields& fields) {
  ChartPlan plan;
  fields.OneOf("kind", request.kind(), {"i_mr", "xbar_r", "xbar_s", "ewma", "cusum"});
  plan.kind = request.kind().empty() ? "i_mr" : request.kind();
  plan.subgroup_by = ParseGroup("subgroup_by", request.subgroup_by(), fields);
  const bool grouped = plan.kind == "xbar_r" || plan.kind == "xbar_s";
  const int size = fields.Number("subgroup_size", request.subgroup_size(), 2, 25, 5);
  plan.subgroup_size = grouped ? size : 1;
  if (request.has_mean()) plan.mean = request.mean();
  fields.Check(!request.has_mean() || std::isfinite(request.mean()), "mean", "must be a finite number");
  if (request.has_sigma()) plan.sigma = Positive("sigma", true, request.sigma(), 1e12, 1, fields);
  const auto rules = spc::ParseRules(request.rules().empty() ? "western_electric" : request.rules());
  if (rules.ok()) {
    plan.rules = *rules;
  } else {
    fields.Add("rules", std::string(rules.status().message()));
  }
  plan.specification = ParseSpecification(request, characteristic, references, fields);
  plan.lambda = Positive("lambda", request.has_lambda(), request.lambda(), 1, plan.lambda, fields);
  plan.width = Positive("width", request.has_width(), request.width(), 100, plan.width, fields);
  plan.k = Positive("k", request.has_k(), request.k(), 100, plan.k, fields);
  plan.h = Positive("h", request.has_h(), request.h(), 1000, plan.h, fields);
  return plan;
}

// Samples of the query; more than 10 000 are a bad request that names what narrows it.
absl::StatusOr<std::vector<SpcSample>> Bounded(absl::StatusOr<std::vector<SpcSample>> samples, const std::string& field) {
  if (!samples.ok() || static_cast<int>(samples->size()) <= kMostSamples) return samples;
  return InvalidFields({{field, absl::StrCat("more than ", kMostSamples,
                                             " samples match: shorten the period, or choose a device_id, a lot or a site_code")}});
}

// The baseline is a period of its own when one is named.
bool ParseBaseline(const GetChartRequest& request, SpcQuery* baseline, Fields& fields) {
  if (!request.has_baseline_start_time() && !request.has_baseline_end_time()) return false;
  fields.Check(request.has_baseline_start_time(), "baseline_start_time", "is needed with baseline_end_time");
  fields.Check(request.has_baseline_end_time(), "baseline_end_time", "is needed with baseline_start_time");
  if (!request.has_baseline_start_time() || !request.has_baseline_end_time()) return false;
  baseline->start = fields.Time("baseline_start_time", request.baseline_start_time());
  baseline->end = fields.Time("baseline_end_time", request.baseline_end_time());
  fields.Check(baseline->start < baseline->end, "baseline_end_time", "must be after baseline_start_time");
  return true;
}

absl::Status GetChart(SpcReader& reader, const analyse::QualityReferences& references, absl::Time now, const GetChartRequest& request, GetChartResponse* response) {
  Fields fields;
  const SpcQuery query = ParseQuery(request, now, fields);
  const ChartPlan plan = ParsePlan(request, *query.characteristic, references, fields);
  SpcQuery baseline_query = query;
  const bool apart = ParseBaseline(request, &baseline_query, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto samples = Bounded(reader.ReadSamples(query), "start_time");
  if (!samples.ok()) return samples.status();
  std::vector<SpcSample> baseline;
  if (apart) {
    auto read = Bounded(reader.ReadSamples(baseline_query), "baseline_start_time");
    if (!read.ok()) return read.status();
    baseline = *std::move(read);
  }
  response->set_kind(plan.kind);
  response->set_characteristic(query.characteristic->name);
  response->set_unit(query.characteristic->unit);
  ToTimestamp(query.start, response->mutable_period_start());
  ToTimestamp(query.end, response->mutable_period_end());
  response->set_subgroup_size(plan.subgroup_size);
  return FillChart(plan, *samples, apart ? baseline : *samples, response);
}

absl::Status GetCapability(SpcReader& reader, const analyse::QualityReferences& references, absl::Time now, const GetCapabilityRequest& request, GetCapabilityResponse* response) {
  Fields fields;
  const SpcQuery query = ParseQuery(request, now, fields);
  const SpcGroup by = ParseGroup("group_by", request.group_by(), fields);
  const int last = fields.Number("last", request.last(), spc::kMinForCapability, kMostSamples, 100);
  const spc::Specification specification = ParseSpecification(request, *query.characteristic, references, fields);
  const double confidence = request.has_confidence() ? request.confidence() : 0.95;
  fields.Check(confidence >= 0.5 && confidence <= 0.999, "confidence", "must lie between 0.5 and 0.999");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto samples = Bounded(reader.ReadNewest(query, by, last), "last");
  if (!samples.ok()) return samples.status();
  response->set_characteristic(query.characteristic->name);
  response->set_unit(query.characteristic->unit);
  response->set_group_by(request.group_by().empty() ? "device" : request.group_by());
  ToTimestamp(query.start, response->mutable_period_start());
  ToTimestamp(query.end, response->mutable_period_end());
  for (size_t i = 0; i < samples->size();) {
    const std::string& group = (*samples)[i].group(by);
    std::vector<double> values;
    for (; i < samples->size() && (*samples)[i].group(by) == group; ++i) values.push_back((*samples)[i].value);
    auto* message = response->add_groups();
    message->set_group(group);
    *message->mutable_capability() = ToCapability(values, spc::SpreadFromMovingRange(values), specification, confidence);
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* SpcService::GetChart(grpc::CallbackServerContext* context, const GetChartRequest* request,
                                               GetChartResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetChart(reader_, references_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* SpcService::GetCapability(grpc::CallbackServerContext* context, const GetCapabilityRequest* request,
                                                    GetCapabilityResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetCapability(reader_, references_, clock_.Now(), *request, response); });
}

}  // namespace egi::api
