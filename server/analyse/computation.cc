#include "server/analyse/computation.h"

namespace egi::analyse {
namespace {

// 0 = that of the profile.
double ExpectedVolume(const quality::v1::Sample& sample) {
  if (!sample.tof_analysis().has_details()) return 0;
  const auto& told = sample.tof_analysis().details().fields();
  const auto expected = told.find(kExpectedVolume);
  if (expected == told.end()) return 0;
  return PlausibleVolume(expected->second.number_value());
}

}  // namespace

Analysis MeasureAgain(const quality::v1::Sample& sample, const AnalysisProfile& profile) {
  return Recompute(sample, profile, ExpectedVolume(sample));
}

quality::v1::Computation ToComputation(const Analysis& analysis) {
  quality::v1::Computation computed;
  computed.set_tof_score(static_cast<float>(analysis.tof.score));
  computed.set_spectral_score(static_cast<float>(analysis.spectral.score));
  computed.set_fused_score(static_cast<float>(analysis.score));
  computed.set_grade(analysis.grade);
  computed.set_volume_mm3(static_cast<float>(analysis.tof.volume_mm3));
  computed.set_freshness_index(static_cast<float>(analysis.spectral.tissue.freshness));
  computed.set_oxidation_index(static_cast<float>(analysis.spectral.tissue.oxidation));
  computed.set_fat_quality_index(static_cast<float>(analysis.spectral.tissue.fat));
  computed.set_confidence_level(static_cast<float>(analysis.confidence));
  computed.set_limiting_sensor(NameOf(analysis.limiting));
  return computed;
}

}  // namespace egi::analyse
