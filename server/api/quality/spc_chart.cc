#include "server/api/quality/spc_chart.h"

#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/analytics/spc/charts.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"

namespace egi::api {
namespace {

using quality::v1::GetChartResponse;
using quality::v1::SpcCapability;
using quality::v1::SpcPanel;
using storage::read::SpcSample;

constexpr int kFirmBaseline = 25;  // values or subgroups before limits are more than a trial (Montgomery, section 6.2)
constexpr int kFirmCapability = 30;
constexpr double kSignificant = 0.05;

// Consecutive samples of one device, lot or site; `last` completes the subgroup.
struct Grouped {
  spc::Subgroups values;
  std::vector<const SpcSample*> last;
};

Grouped Group(const ChartPlan& plan, const std::vector<SpcSample>& samples) {
  Grouped grouped;
  std::map<std::string, std::vector<double>> open;
  for (const SpcSample& sample : samples) {
    if (sample.group(plan.subgroup_by).empty()) continue;
    std::vector<double>& values = open[sample.group(plan.subgroup_by)];
    values.push_back(sample.value);
    if (static_cast<int>(values.size()) < plan.subgroup_size) continue;
    grouped.values.push_back(std::move(values));
    grouped.last.push_back(&sample);
    values.clear();
  }
  return grouped;
}

std::vector<double> ValuesOf(const std::vector<SpcSample>& samples) {
  std::vector<double> values;
  values.reserve(samples.size());
  for (const SpcSample& sample : samples) values.push_back(sample.value);
  return values;
}

absl::StatusOr<spc::Process> Estimate(const ChartPlan& plan, const std::vector<SpcSample>& samples) {
  if (plan.kind == "xbar_r") return spc::EstimateFromRanges(Group(plan, samples).values);
  if (plan.kind == "xbar_s") return spc::EstimateFromStdDevs(Group(plan, samples).values);
  return spc::EstimateFromIndividuals(ValuesOf(samples));
}

absl::StatusOr<spc::Process> ProcessOf(const ChartPlan& plan, const std::vector<SpcSample>& baseline) {
  if (plan.mean.has_value() && plan.sigma.has_value()) return spc::Process{*plan.mean, *plan.sigma};
  auto process = Estimate(plan, baseline);
  if (!process.ok()) {
    return WithErrorInfo(
        absl::FailedPreconditionError(absl::StrCat("no control limits from ", baseline.size(), " samples of the baseline: ",
                                                   std::string(process.status().message()),
                                                   ". Choose a longer period or baseline, or give mean and sigma")),
        "NO_CONTROL_LIMITS", {{"samples", absl::StrCat(baseline.size())}});
  }
  process->mean = plan.mean.value_or(process->mean);
  process->sigma = plan.sigma.value_or(process->sigma);
  return process;
}

void AddPanel(const std::string& statistic, const spc::Panel& panel, GetChartResponse* response) {
  SpcPanel* message = response->add_panels();
  message->set_statistic(statistic);
  message->set_centre_line(panel.centre);
  for (size_t i = 0; i < panel.values.size(); ++i) {
    auto* value = message->add_values();
    if (panel.values[i].has_value()) value->mutable_value()->set_value(*panel.values[i]);
    value->set_lower_limit(panel.limits[i].lower);
    value->set_upper_limit(panel.limits[i].upper);
  }
}

// A panel whose limits are its only rule.
void AddLimitedPanel(const std::string& statistic, const spc::Panel& panel, const std::string& description, GetChartResponse* response) {
  AddPanel(statistic, panel, response);
  for (int place : panel.Beyond()) {
    auto* violation = response->add_violations();
    violation->set_rule("beyond_limits");
    violation->set_statistic(statistic);
    violation->set_index(place);
    violation->add_points(place);
    violation->set_description(description);
  }
}

void AddShewhart(const ChartPlan& plan, const spc::Chart& chart, const std::string& level, const std::string& dispersion,
                 GetChartResponse* response) {
  AddPanel(level, chart.level, response);
  std::vector<double> values;
  for (const auto& value : chart.level.values) values.push_back(*value);
  for (const spc::Violation& found : spc::FindViolations(values, chart.level.centre, chart.level_sigma, plan.rules)) {
    auto* violation = response->add_violations();
    violation->set_rule(spc::RuleName(found.rule));
    violation->set_statistic(level);
    violation->set_index(found.index);
    for (int point : found.points) violation->add_points(point);
    violation->set_description(spc::RuleDescription(found.rule));
  }
  AddLimitedPanel(dispersion, chart.dispersion, "The dispersion is beyond its limits.", response);
}

void AddPoint(const SpcSample& sample, const std::string& label, double value, GetChartResponse* response) {
  auto* point = response->add_points();
  ToTimestamp(sample.time, point->mutable_time());
  point->set_sample_id(sample.sample_id);
  point->set_label(label);
  point->set_value(value);
}

void FillSubgroups(const ChartPlan& plan, const std::vector<SpcSample>& samples, const spc::Process& process, GetChartResponse* response) {
  const Grouped grouped = Group(plan, samples);
  for (size_t i = 0; i < grouped.values.size(); ++i) {
    AddPoint(*grouped.last[i], grouped.last[i]->group(plan.subgroup_by), spc::Mean(grouped.values[i]), response);
  }
  const bool ranges = plan.kind == "xbar_r";
  AddShewhart(plan, ranges ? spc::XbarRChart(grouped.values, process) : spc::XbarSChart(grouped.values, process), "mean",
              ranges ? "range" : "std_dev", response);
  const size_t used = grouped.values.size() * plan.subgroup_size;
  if (used < samples.size()) {
    response->add_warnings(absl::StrCat(samples.size() - used, " samples are in no complete subgroup and are not charted."));
  }
}

void FillIndividuals(const ChartPlan& plan, const std::vector<SpcSample>& samples, const spc::Process& process,
                     GetChartResponse* response) {
  std::set<std::string> devices;
  for (const SpcSample& sample : samples) {
    AddPoint(sample, sample.device_id, sample.value, response);
    devices.insert(sample.device_id);
  }
  const std::vector<double> values = ValuesOf(samples);
  if (plan.kind == "ewma") {
    const spc::Panel average = spc::EwmaPanel(values, process, plan.lambda, plan.width);
    AddLimitedPanel("ewma", average, "The weighted average is beyond its limits.", response);
  } else if (plan.kind == "cusum") {
    const spc::CusumChart chart = spc::TabularCusum(values, process, plan.k, plan.h);
    AddLimitedPanel("cusum_high", chart.high, "The sum of the deviations upwards is beyond the decision interval.", response);
    AddLimitedPanel("cusum_low", chart.low, "The sum of the deviations downwards is beyond the decision interval.", response);
  } else {
    AddShewhart(plan, spc::IndividualsChart(values, process), "individual", "moving_range", response);
  }
  if (devices.size() > 1) {
    response->add_warnings(absl::StrCat("Samples of ", devices.size(),
                                        " devices are mixed, so their differences count as spread: choose one device_id."));
  }
}

// Short-term spread of what is charted; degrees of freedom of ranges: 0.9 of those of the standard deviations (Duncan, Quality Control and
// Industrial Statistics, 1986).
spc::Spread WithinOf(const ChartPlan& plan, const std::vector<SpcSample>& samples, size_t subgroups) {
  if (plan.subgroup_size == 1) return spc::SpreadFromMovingRange(ValuesOf(samples));
  const auto process = Estimate(plan, samples);
  const double efficiency = plan.kind == "xbar_r" ? 0.9 : 1;
  return {process.ok() ? process->sigma : 0, efficiency * subgroups * (plan.subgroup_size - 1)};
}

void SetIndex(const spc::Index& index, quality::v1::SpcIndex* message) {
  message->set_value(index.value);
  message->set_low(index.low);
  message->set_high(index.high);
}

void SetIndices(const spc::Capability& capability, SpcCapability* message) {
  message->set_verdict(spc::CapabilityVerdict(capability.cpk.value));
  message->mutable_sigma_within()->set_value(capability.sigma_within);
  message->mutable_sigma_overall()->set_value(capability.sigma_overall);
  if (capability.cp.has_value()) SetIndex(*capability.cp, message->mutable_cp());
  SetIndex(capability.cpk, message->mutable_cpk());
  if (capability.pp.has_value()) SetIndex(*capability.pp, message->mutable_pp());
  SetIndex(capability.ppk, message->mutable_ppk());
  if (capability.cpm.has_value()) message->mutable_cpm()->set_value(*capability.cpm);
  message->set_below_lsl(capability.below_lsl);
  message->set_above_usl(capability.above_usl);
}

void CheckNormality(const std::vector<double>& values, SpcCapability* message) {
  const auto normality = spc::AndersonDarling(values);
  if (!normality.ok()) return;
  message->mutable_anderson_darling()->set_value(normality->statistic);
  message->mutable_normality_p()->set_value(normality->p);
  if (normality->p < kSignificant) {
    message->add_warnings(
        "The samples are not normally distributed (Anderson-Darling, p < 0.05): the indices and their intervals are only a hint.");
  }
}

}  // namespace

SpcCapability ToCapability(const std::vector<double>& values, const spc::Spread& within, const spc::Specification& specification,
                           double confidence) {
  SpcCapability message;
  message.set_sample_count(values.size());
  message.set_confidence(confidence);
  message.set_indicative(static_cast<int>(values.size()) < kFirmCapability);
  if (specification.lsl.has_value()) message.mutable_lsl()->set_value(*specification.lsl);
  if (specification.usl.has_value()) message.mutable_usl()->set_value(*specification.usl);
  if (specification.target.has_value()) message.mutable_target()->set_value(*specification.target);
  if (!values.empty()) message.mutable_mean()->set_value(spc::Mean(values));
  const auto capability = spc::ComputeCapability(values, within, specification, confidence);
  if (!capability.ok()) {
    message.set_verdict("unknown");
    message.set_message(std::string(capability.status().message()));
    return message;
  }
  SetIndices(*capability, &message);
  CheckNormality(values, &message);
  return message;
}

absl::Status FillChart(const ChartPlan& plan, const std::vector<SpcSample>& samples, const std::vector<SpcSample>& baseline,
                       GetChartResponse* response) {
  const auto process = ProcessOf(plan, baseline);
  if (!process.ok()) return process.status();
  const bool given = plan.mean.has_value() && plan.sigma.has_value();
  response->set_mean(process->mean);
  response->set_sigma(process->sigma);
  response->set_baseline_samples(given ? 0 : baseline.size());
  if (!given && static_cast<int>(baseline.size()) < kFirmBaseline * plan.subgroup_size) {
    response->add_warnings(absl::StrCat("The limits come from only ", baseline.size(), " samples: they are a trial until there are ",
                                        kFirmBaseline * plan.subgroup_size, "."));
  }
  if (plan.subgroup_size > 1) {
    FillSubgroups(plan, samples, *process, response);
  } else {
    FillIndividuals(plan, samples, *process, response);
  }
  *response->mutable_capability() =
      ToCapability(ValuesOf(samples), WithinOf(plan, samples, response->points_size()), plan.specification, 0.95);
  return absl::OkStatus();
}

}  // namespace egi::api
