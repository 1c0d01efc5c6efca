#include "server/gauge/study.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/analytics/spc/gauge_rr.h"
#include "server/base/rich_status.h"
#include "server/base/storable_text.h"

namespace egi::gauge {
namespace {

using quality::v1::CreateGaugeStudyRequest;
using quality::v1::GaugeMeasurement;
using quality::v1::GaugeStudy;

constexpr int kMaxMeasurements = 10000;
constexpr size_t kMaxParts = 100;
constexpr size_t kMaxAppraisers = 50;
constexpr size_t kMaxRepeats = 20;
constexpr size_t kMaxViolations = 50;  // told in one answer

// Values by part, then appraiser.
using Table = std::map<std::string, std::map<std::string, std::vector<double>>>;
using Violations = std::vector<FieldViolation>;

void CheckText(const std::string& field, const std::string& value, size_t min, size_t max, Violations* bad) {
  if (value.size() < min || value.size() > max) {
    bad->emplace_back(field, absl::StrCat("has ", value.size(), " characters, must have ", min, "..", max));
  } else if (!IsStorableText(value)) {
    bad->emplace_back(field, "holds NUL or text that is not UTF-8");
  }
}

Table Tabulate(const CreateGaugeStudyRequest& request, Violations* bad) {
  Table table;
  for (int i = 0; i < request.measurements_size() && bad->size() < kMaxViolations; ++i) {
    const GaugeMeasurement& measurement = request.measurements(i);
    const std::string path = absl::StrCat("measurements[", i, "]");
    CheckText(path + ".part", measurement.part(), 1, 100, bad);
    CheckText(path + ".appraiser", measurement.appraiser(), 1, 100, bad);
    if (!std::isfinite(measurement.value())) bad->emplace_back(path + ".value", "must be a finite number");
    table[measurement.part()][measurement.appraiser()].push_back(measurement.value());
  }
  return table;
}

// Everybody measured everything equally often.
void CheckBalance(const Table& table, Violations* bad) {
  std::map<std::string, int> appraisers;
  for (const auto& [part, row] : table) {
    for (const auto& [appraiser, values] : row) ++appraisers[appraiser];
  }
  const size_t repeats = table.empty() ? 0 : table.begin()->second.begin()->second.size();
  const auto count = [bad](const char* verb, size_t value, const char* what, size_t max) {
    if (value < 2 || value > max) bad->emplace_back("measurements", absl::StrCat(verb, " ", value, " ", what, ", must be 2..", max));
  };
  count("name", table.size(), "parts", kMaxParts);
  count("name", appraisers.size(), "appraisers", kMaxAppraisers);
  count("hold", repeats, "repeats", kMaxRepeats);
  for (const auto& [part, row] : table) {
    for (const auto& [appraiser, cells] : appraisers) {
      const auto found = row.find(appraiser);
      const size_t values = found == row.end() ? 0 : found->second.size();
      if (values == repeats) continue;
      bad->emplace_back("measurements", absl::StrCat(appraiser, " measured ", part, " ", values, " times, others ", repeats,
                                                     " times: everybody must measure every part equally often"));
      return;
    }
  }
}

std::string Reason(const spc::GaugeResult& result) {
  const std::string figures =
      absl::StrFormat("gauge R&R is %.1f %% of the study variation, %d distinct categories", result.grr_pct, result.ndc);
  if (result.verdict == "acceptable") return figures;
  if (result.verdict == "marginal") return absl::StrCat(figures, ": may do, depending on the application (AIAG: 10..30 %)");
  if (result.grr_pct > 30) return absl::StrCat(figures, ": more than 30 %, the gauge must be improved");
  return absl::StrCat(figures, ": fewer than 5, the gauge cannot tell parts apart");
}

void Fill(const spc::GaugeResult& result, GaugeStudy* study) {
  for (const spc::AnovaLine& line : result.full) {
    auto& row = *study->add_anova();
    row.set_source(line.source);
    row.set_degrees_of_freedom(line.degrees);
    row.set_sum_of_squares(line.sum_of_squares);
    if (line.mean_square.has_value()) row.mutable_mean_square()->set_value(*line.mean_square);
    if (line.f.has_value()) row.mutable_f()->set_value(*line.f);
    if (line.p.has_value()) row.mutable_p()->set_value(*line.p);
  }
  for (const spc::GaugeComponent& part : result.components) {
    auto& component = *study->add_components();
    component.set_source(part.source);
    component.set_variance(part.variance);
    component.set_std_dev(part.std_dev);
    component.set_contribution_pct(part.contribution_pct);
    component.set_study_variation_pct(part.study_variation_pct);
    if (part.tolerance_pct.has_value()) component.mutable_tolerance_pct()->set_value(*part.tolerance_pct);
  }
  study->set_interaction_pooled(result.interaction_pooled);
  study->set_grr_pct(result.grr_pct);
  study->set_ndc(result.ndc);
  study->set_verdict(result.verdict);
  study->set_message(Reason(result));
}

// What is wrong with everything but the measurements.
Violations CheckHead(const CreateGaugeStudyRequest& request) {
  Violations bad;
  CheckText("name", request.name(), 1, 100, &bad);
  CheckText("characteristic", request.characteristic(), 1, 100, &bad);
  CheckText("unit", request.unit(), 0, 20, &bad);
  CheckText("performed_by", request.performed_by(), 1, 200, &bad);
  if (request.has_tolerance() && !(request.tolerance() > 0 && std::isfinite(request.tolerance()))) {
    bad.emplace_back("tolerance", "must be > 0");
  }
  return bad;
}

bool AllEqual(const google::protobuf::RepeatedPtrField<GaugeMeasurement>& measurements) {
  return std::all_of(measurements.begin(), measurements.end(),
                     [&](const GaugeMeasurement& each) { return each.value() == measurements[0].value(); });
}

}  // namespace

absl::StatusOr<GaugeStudy> AnalyseStudy(const CreateGaugeStudyRequest& request) {
  Violations bad = CheckHead(request);
  Table table;
  if (request.measurements_size() > kMaxMeasurements) {
    bad.emplace_back("measurements",
                     absl::StrCat("hold ", request.measurements_size(), " values, at most ", kMaxMeasurements, " are taken"));
  } else {
    table = Tabulate(request, &bad);
  }
  if (bad.empty()) CheckBalance(table, &bad);
  if (!bad.empty()) return InvalidFields(bad);
  if (AllEqual(request.measurements())) {
    return WithErrorInfo(absl::FailedPreconditionError("all measurements are equal: measure parts that differ"), "NO_VARIATION");
  }
  spc::GaugeValues values;
  for (const auto& [part, row] : table) {
    auto& of_part = values.emplace_back();
    for (const auto& [appraiser, repeats] : row) of_part.push_back(repeats);
  }
  spc::GaugeOptions options;
  if (request.has_tolerance()) options.tolerance = request.tolerance();
  const auto result = spc::AnalyseGauge(values, options);
  if (!result.ok()) return result.status();
  GaugeStudy study;
  study.set_name(request.name());
  study.set_characteristic(request.characteristic());
  study.set_unit(request.unit());
  study.set_performed_by(request.performed_by());
  if (request.has_tolerance()) study.mutable_tolerance()->set_value(request.tolerance());
  study.set_parts(static_cast<int>(values.size()));
  study.set_appraisers(static_cast<int>(values[0].size()));
  study.set_repeats(static_cast<int>(values[0][0].size()));
  *study.mutable_measurements() = request.measurements();
  Fill(*result, &study);
  return study;
}

}  // namespace egi::gauge
