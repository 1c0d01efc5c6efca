#include "server/analyse/grade.h"

#include <algorithm>
#include <cmath>

namespace egi::analyse {
namespace {

using quality::v1::Defect;
using quality::v1::Fusion;
using quality::v1::Sample;

bool HasCriticalDefect(const google::protobuf::RepeatedPtrField<Defect>& defects, double limit) {
  return std::any_of(defects.begin(), defects.end(), [limit](const Defect& defect) {
    return defect.severity() > limit && defect.type() == "foreign_body";
  });
}

// The defects of both sensors, or those the device told with its fusion when it told none with the sensors.
void CopyDefects(const Sample& sample, Fusion* result) {
  constexpr int kMaxDefects = 128;
  for (const auto* list : {&sample.tof_analysis().defects(), &sample.spectral_analysis().defects()}) {
    for (const Defect& defect : *list) {
      if (result->defects_size() < kMaxDefects) *result->add_defects() = defect;
    }
  }
  if (result->defects_size() == 0) *result->mutable_defects() = sample.fusion().defects();
}

}  // namespace

const char* GradeOf(double score, const GradeBounds& bounds) {
  if (score >= bounds.a_plus) return "A+";
  if (score >= bounds.a) return "A";
  if (score >= bounds.b) return "B";
  if (score >= bounds.c) return "C";
  return "REJECT";
}

double CleanScore(double score) { return std::round(score * 1e9) / 1e9; }

bool IsCompliant(absl::string_view grade) { return grade == "A+" || grade == "A" || grade == "B"; }

Fusion Fuse(const Sample& sample, const SampleRules& rules) {
  const bool has_tof = sample.has_tof_analysis();
  const bool has_spectral = sample.has_spectral_analysis();
  const double tof = sample.tof_analysis().quality_score();
  const double spectral = sample.spectral_analysis().quality_score();
  const double weight_tof = has_tof ? (has_spectral ? rules.weight_tof : 1.0) : 0.0;
  const double weight_spectral = has_spectral ? (has_tof ? rules.weight_spectral : 1.0) : 0.0;

  Fusion result;
  result.set_final_score(CleanScore(weight_tof * tof + weight_spectral * spectral));
  result.set_weight_tof(weight_tof);
  result.set_weight_spectral(weight_spectral);
  result.set_vl53l8ch_score(tof);
  result.set_as7341_score(spectral);
  if (has_tof && has_spectral) {
    if (sample.fusion().has_confidence_level()) result.set_confidence_level(sample.fusion().confidence_level());
  } else {
    const double declared = sample.fusion().has_confidence_level() ? sample.fusion().confidence_level() : 1.0;
    result.set_confidence_level(declared * rules.single_sensor_confidence);
  }
  const bool rejected = (has_tof && tof < rules.grades.c) || (has_spectral && spectral < rules.grades.c) ||
                        HasCriticalDefect(sample.tof_analysis().defects(), rules.critical_foreign_body) ||
                        HasCriticalDefect(sample.spectral_analysis().defects(), rules.critical_foreign_body) ||
                        HasCriticalDefect(sample.fusion().defects(), rules.critical_foreign_body);
  result.set_final_grade(rejected ? "REJECT" : GradeOf(result.final_score(), rules.grades));
  result.set_is_compliant(IsCompliant(result.final_grade()));
  CopyDefects(sample, &result);
  return result;
}

}  // namespace egi::analyse
