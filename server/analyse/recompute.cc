#include "server/analyse/recompute.h"

#include <algorithm>
#include <cmath>

#include "server/analyse/grade.h"

namespace egi::analyse {
namespace {

Rejection RejectionOf(const Analysis& analysis, const SampleRules& rules) {
  for (int i = 0; i < analysis.tof.defects; ++i) {
    const TofDefect& defect = analysis.tof.defect[i];
    if (defect.type == DefectClass::kForeignBody && defect.severity > rules.critical_foreign_body) return Rejection::kForeignBody;
  }
  if (analysis.tof.score < rules.grades.c) return Rejection::kTofScore;
  if (analysis.spectral.score < rules.grades.c) return Rejection::kSpectralScore;
  return Rejection::kNone;
}

}  // namespace

const char* NameOf(LimitingSensor sensor) {
  return sensor == LimitingSensor::kVl53l8ch ? "vl53l8ch" : sensor == LimitingSensor::kAs7341 ? "as7341" : "";
}

double PlausibleVolume(double volume_mm3) { return std::clamp(volume_mm3, 40'000.0, 2'200'000.0); }

Analysis Recompute(const quality::v1::Sample& sample, const AnalysisProfile& profile, double expected_volume_mm3) {
  const SampleRules& rules = profile.rules;
  Analysis analysis;
  if (expected_volume_mm3 > 0) {
    TofOptions of_lot = profile.tof;
    of_lot.expected_volume_mm3 = expected_volume_mm3;
    analysis.tof = MeasureTof(sample.tof(), of_lot);
  } else {
    analysis.tof = MeasureTof(sample.tof(), profile.tof);
  }
  analysis.spectral = MeasureSpectrum(sample.spectral(), profile.spectral);
  analysis.score = CleanScore(rules.weight_tof * analysis.tof.score + rules.weight_spectral * analysis.spectral.score);
  analysis.score_sd = std::hypot(rules.weight_tof * analysis.tof.score_sd, rules.weight_spectral * analysis.spectral.score_sd);
  analysis.rejection = RejectionOf(analysis, rules);
  analysis.grade = analysis.rejection != Rejection::kNone ? "REJECT" : GradeOf(analysis.score, rules.grades);
  analysis.compliant = IsCompliant(analysis.grade);
  analysis.confidence = std::min(analysis.tof.confidence, analysis.spectral.confidence);
  if (analysis.confidence < rules.full_confidence) {
    analysis.limiting =
        analysis.tof.confidence <= analysis.spectral.confidence ? LimitingSensor::kVl53l8ch : LimitingSensor::kAs7341;
  }
  return analysis;
}

quality::v1::Fusion ExplainFusion(const Analysis& analysis, const AnalysisProfile& profile) {
  quality::v1::Fusion fusion;
  fusion.set_final_score(analysis.score);
  fusion.set_final_grade(analysis.grade);
  fusion.set_is_compliant(analysis.compliant);
  fusion.set_weight_tof(profile.rules.weight_tof);
  fusion.set_weight_spectral(profile.rules.weight_spectral);
  fusion.set_confidence_level(analysis.confidence);
  fusion.set_vl53l8ch_score(analysis.tof.score);
  fusion.set_as7341_score(analysis.spectral.score);
  return fusion;
}

void Explain(const Analysis& analysis, const AnalysisProfile& profile, quality::v1::Sample* sample) {
  *sample->mutable_tof_analysis() = ExplainTof(analysis.tof, profile.tof);
  *sample->mutable_spectral_analysis() = ExplainSpectrum(analysis.spectral, profile.spectral);
  *sample->mutable_fusion() = ExplainFusion(analysis, profile);
}

}  // namespace egi::analyse
