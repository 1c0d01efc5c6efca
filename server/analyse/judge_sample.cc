#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/analyse/grade.h"
#include "server/analyse/judge.h"

namespace egi::analyse {
namespace {

// An alert on a figure that passed its limit.
AlertCandidate OnFigure(std::string type, Severity severity, const char* what, const char* key, double observed,
                        const char* relation, double limit) {
  AlertCandidate alert;
  alert.type = std::move(type);
  alert.severity = severity;
  alert.message = absl::StrFormat("%s %.3f is %s %.2f", what, observed, relation, limit);
  alert.observed = observed;
  alert.expected = limit;
  if (limit != 0) alert.gap_pct = (observed - limit) / limit * 100;
  alert.context_json = absl::StrFormat(R"({"%s": %.6g, "threshold": %.6g})", key, observed, limit);
  return alert;
}

AlertCandidate OnReject(const quality::v1::Fusion& result, const SampleRules& rules) {
  AlertCandidate alert;
  alert.type = "grade_reject";
  alert.severity = Severity::kCritical;
  const double score = result.final_score();
  alert.message = absl::StrFormat("Liver graded REJECT with a fusion score of %.3f", score);
  if (score >= rules.grades.c) {
    absl::StrAppend(&alert.message, result.vl53l8ch_score() < rules.grades.c   ? ": the ToF score is below the grade C"
                                    : result.as7341_score() < rules.grades.c ? ": the spectral score is below the grade C"
                                                                             : ": it holds a critical foreign body");
  }
  alert.observed = score;
  alert.expected = rules.grades.c;
  alert.context_json = absl::StrFormat(
      R"({"fusion_score": %.6g, "vl53l8ch_score": %.6g, "as7341_score": %.6g, "grade": "REJECT", "defects": %d})", score,
      result.vl53l8ch_score(), result.as7341_score(), result.defects_size());
  return alert;
}

}  // namespace

SampleVerdict JudgeSample(const quality::v1::Sample& sample, absl::Time received, const SampleRules& rules) {
  constexpr double kEpsilon = 1e-9;
  SampleVerdict verdict;
  verdict.result = Fuse(sample, rules);
  const double score = verdict.result.final_score();
  if (sample.has_fusion()) {
    verdict.score_disagrees = std::abs(sample.fusion().final_score() - score) > rules.score_tolerance + kEpsilon;
  }
  const absl::Time measured = absl::FromUnixSeconds(sample.sample_time().seconds()) +
                              absl::Nanoseconds(sample.sample_time().nanos());
  verdict.clock_skew = received - measured > rules.old_sample;

  if (score < rules.quality_critical_below) {
    verdict.alerts.push_back(OnFigure("quality_critical", Severity::kCritical, "Fusion score", "fusion_score", score,
                                      "below", rules.quality_critical_below));
  } else if (score < rules.quality_low_below) {
    verdict.alerts.push_back(OnFigure("quality_low", Severity::kWarning, "Fusion score", "fusion_score", score, "below",
                                      rules.quality_low_below));
  }
  if (verdict.result.final_grade() == "REJECT") verdict.alerts.push_back(OnReject(verdict.result, rules));
  if (sample.has_spectral_analysis()) {
    const double oxidation = sample.spectral_analysis().oxidation_index();
    if (oxidation > rules.oxidation_high_above) {
      verdict.alerts.push_back(OnFigure("oxidation_high", Severity::kWarning, "Oxidation index", "oxidation_index",
                                        oxidation, "above", rules.oxidation_high_above));
    }
    const double freshness = sample.spectral_analysis().freshness_index();
    if (freshness < rules.freshness_low_below) {
      verdict.alerts.push_back(OnFigure("freshness_low", Severity::kWarning, "Freshness index", "freshness_index",
                                        freshness, "below", rules.freshness_low_below));
    }
  }
  return verdict;
}

}  // namespace egi::analyse
