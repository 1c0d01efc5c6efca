#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/analyse/computation.h"
#include "server/analyse/grade.h"
#include "server/analyse/judge.h"

namespace egi::analyse {
namespace {

using quality::v1::Computation;
using quality::v1::Sample;

constexpr double kEpsilon = 1e-6;  // computed values are floats

// Bounds are inclusive; binary fractions must not miss them.
bool AtLeast(double value, double bound) { return value >= bound - 1e-9; }
bool AtMost(double value, double bound) { return value <= bound + 1e-9; }

// Declared and computed scores as further members of a JSON object.
std::string ScoresJson(const Sample& sample, const std::optional<Computation>& computed) {
  std::string json;
  if (sample.has_fusion()) absl::StrAppendFormat(&json, R"(, "declared_score": %.6g)", sample.fusion().final_score());
  if (computed.has_value()) absl::StrAppendFormat(&json, R"(, "computed_score": %.6g)", computed->fused_score());
  return json;
}

// What is needed to word the alerts of one sample.
struct Context {
  const Sample& sample;
  SampleVerdict& verdict;

  // An alert on a figure that passed its limit.
  void OnFigure(size_t alert_index, Severity severity, const char* what, const char* key, double observed, bool below, double limit) {
    AlertCandidate& alert = verdict.alerts.emplace_back();
    alert.type = kSampleAlerts[alert_index];
    alert.severity = severity;
    alert.message = absl::StrFormat("%s %.3f is %s %.2f", what, observed, below ? "below" : "above", limit);
    alert.observed = observed;
    alert.expected = limit;
    if (limit != 0) alert.gap_pct = (observed - limit) / limit * 100;
    alert.context_json = absl::StrFormat(R"({"%s": %.6g, "observed": %.6g, "threshold": %.6g, "rule": "%s %s %g"%s})", key, observed, observed,
                                         limit, key, below ? "<" : ">", limit, ScoresJson(sample, verdict.computed));
  }

  void OnReject(const SampleRules& rules) {
    const quality::v1::Fusion& result = verdict.result;
    AlertCandidate& alert = verdict.alerts.emplace_back();
    alert.type = kSampleAlerts[kGradeReject];
    alert.severity = Severity::kCritical;
    const double score = result.final_score();
    alert.message = absl::StrFormat("Liver graded REJECT with a fusion score of %.3f", score);
    if (score >= rules.grades.c) {
      absl::StrAppend(&alert.message, result.vl53l8ch_score() < rules.grades.c ? ": the ToF score is below the grade C"
                                      : result.as7341_score() < rules.grades.c ? ": the spectral score is below the grade C"
                                                                               : ": it holds a critical foreign body");
    }
    alert.observed = score;
    // One sensor alone can reject a liver whose fused score is above C: the worst of them is the one farthest below a perfect score.
    alert.expected = 1;
    alert.context_json = absl::StrFormat(
        R"({"fusion_score": %.6g, "vl53l8ch_score": %.6g, "as7341_score": %.6g, "grade": "REJECT", "defects": %d, "observed": %.6g, )"
        R"("threshold": %.6g, "rule": "grade = REJECT"%s})",
        score, result.vl53l8ch_score(), result.as7341_score(), result.defects_size(), score, rules.grades.c,
        ScoresJson(sample, verdict.computed));
  }

  void Clear(size_t alert_index) { verdict.cleared |= static_cast<uint8_t>(1u << alert_index); }
};

void JudgeScore(const SampleRules& rules, Context& context) {
  const double score = context.verdict.result.final_score();
  if (score < rules.quality_critical_below) {
    context.OnFigure(kQualityCritical, Severity::kCritical, "Fusion score", "fusion_score", score, true, rules.quality_critical_below);
  } else if (score < rules.quality_low_below) {
    context.OnFigure(kQualityLow, Severity::kWarning, "Fusion score", "fusion_score", score, true, rules.quality_low_below);
  }
  if (AtLeast(score, rules.quality_critical_below + rules.score_margin)) context.Clear(kQualityCritical);
  if (AtLeast(score, rules.quality_low_below + rules.score_margin)) context.Clear(kQualityLow);
  if (context.verdict.result.final_grade() == "REJECT") {
    context.OnReject(rules);
  } else if (AtLeast(score, rules.grades.c + rules.score_margin)) {
    context.Clear(kGradeReject);
  }
}

void JudgeTissue(double oxidation, double freshness, const SampleRules& rules, Context& context) {
  if (oxidation > rules.oxidation_high_above) {
    context.OnFigure(kOxidationHigh, Severity::kWarning, "Oxidation index", "oxidation_index", oxidation, false, rules.oxidation_high_above);
  } else if (AtMost(oxidation, rules.oxidation_high_above - rules.index_margin)) {
    context.Clear(kOxidationHigh);
  }
  if (freshness < rules.freshness_low_below) {
    context.OnFigure(kFreshnessLow, Severity::kWarning, "Freshness index", "freshness_index", freshness, true, rules.freshness_low_below);
  } else if (AtLeast(freshness, rules.freshness_low_below + rules.index_margin)) {
    context.Clear(kFreshnessLow);
  }
}

// Compares what is declared with what was computed: the fused score and each sensor's own.
void Compare(const SampleRules& rules, Context& context) {
  const Sample& sample = context.sample;
  const Computation& computed = *context.verdict.computed;
  if (!sample.has_tof_analysis() && !sample.has_spectral_analysis() && !sample.has_fusion()) {
    context.verdict.comparison = "not_declared";
    return;
  }
  const char* worst = "fusion";
  double declared = sample.fusion().final_score(), found = computed.fused_score();
  double gap = sample.has_fusion() ? std::abs(declared - found) : 0;
  const auto consider = [&](bool has, const char* what, double told, double measured) {
    if (!has || std::abs(told - measured) <= gap) return;
    worst = what;
    declared = told;
    found = measured;
    gap = std::abs(told - measured);
  };
  consider(sample.has_tof_analysis(), "tof", sample.tof_analysis().quality_score(), computed.tof_score());
  consider(sample.has_spectral_analysis(), "spectral", sample.spectral_analysis().quality_score(), computed.spectral_score());
  if (gap <= rules.score_tolerance + kEpsilon) {
    context.verdict.comparison = "agrees";
    if (gap <= rules.score_tolerance - rules.disagreement_margin) context.Clear(kScoreDisagreement);
    return;
  }
  context.verdict.comparison = "disagrees";
  context.verdict.score_disagrees = true;
  AlertCandidate& alert = context.verdict.alerts.emplace_back();
  alert.type = kSampleAlerts[kScoreDisagreement];
  alert.severity = Severity::kWarning;
  alert.of_device = true;
  alert.message = absl::StrFormat("Device declares a %s score of %.3f, its raw data give %.3f", worst, declared, found);
  alert.observed = gap;
  alert.expected = rules.score_tolerance;
  alert.context_json = absl::StrFormat(
      R"({"score": "%s", "declared": %.6g, "computed": %.6g, "observed": %.6g, "threshold": %g, "rule": "|declared - computed| > %g", )"
      R"("declared_tof": %.6g, "computed_tof": %.6g, "declared_spectral": %.6g, "computed_spectral": %.6g%s})",
      worst, declared, found, gap, rules.score_tolerance, rules.score_tolerance, sample.tof_analysis().quality_score(), computed.tof_score(),
      sample.spectral_analysis().quality_score(), computed.spectral_score(), ScoresJson(sample, context.verdict.computed));
}

// The official result of a sample that declares no analysis.
quality::v1::Fusion FromComputed(const Computation& computed, const SampleRules& rules) {
  quality::v1::Fusion result;
  result.set_final_score(computed.fused_score());
  result.set_final_grade(computed.grade());
  result.set_is_compliant(IsCompliant(computed.grade()));
  result.set_weight_tof(rules.weight_tof);
  result.set_weight_spectral(rules.weight_spectral);
  result.set_vl53l8ch_score(computed.tof_score());
  result.set_as7341_score(computed.spectral_score());
  result.set_confidence_level(computed.confidence_level());
  return result;
}

}  // namespace

SampleVerdict JudgeSample(const Sample& sample, absl::Time received, const SampleRules& rules, const AnalysisProfile* profile) {
  SampleVerdict verdict;
  Context context{sample, verdict};
  verdict.comparison = "unknown_profile";
  const bool declared = sample.has_tof_analysis() || sample.has_spectral_analysis();
  if (profile != nullptr) {
    const Analysis analysis = MeasureAgain(sample, *profile);
    verdict.computed = ToComputation(analysis);
    if (!declared) {
      verdict.tof = ExplainTof(analysis.tof, profile->tof);
      verdict.spectral = ExplainSpectrum(analysis.spectral, profile->spectral);
    }
  }
  verdict.result = declared || !verdict.computed.has_value() ? Fuse(sample, rules) : FromComputed(*verdict.computed, profile->rules);
  if (sample.has_fusion()) {
    verdict.score_disagrees =
        std::abs(sample.fusion().final_score() - verdict.result.final_score()) > rules.score_tolerance + 1e-9;
  }
  const absl::Time measured = absl::FromUnixSeconds(sample.sample_time().seconds()) +
                              absl::Nanoseconds(sample.sample_time().nanos());
  verdict.clock_skew = received - measured > rules.old_sample;

  JudgeScore(rules, context);
  if (sample.has_spectral_analysis()) {
    JudgeTissue(sample.spectral_analysis().oxidation_index(), sample.spectral_analysis().freshness_index(), rules, context);
  } else if (verdict.computed.has_value()) {
    JudgeTissue(verdict.computed->oxidation_index(), verdict.computed->freshness_index(), rules, context);
  }
  if (verdict.computed.has_value()) Compare(rules, context);
  return verdict;
}

}  // namespace egi::analyse
