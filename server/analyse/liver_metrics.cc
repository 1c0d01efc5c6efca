#include "server/analyse/liver_metrics.h"

#include <algorithm>
#include <cmath>

namespace egi::analyse {
namespace {

// How many of the growing bounds a value passes.
int LevelOf(double value, const Levels& levels) {
  return static_cast<int>(std::count_if(levels.begin(), levels.end(), [value](double bound) { return value > bound; }));
}

double Over(double top, double bottom) { return bottom > 0 ? top / bottom : 0; }

void Dimensions(const TofMeasure& tof, const QualityReferences& reference, LiverMetrics* m) {
  constexpr const char* kCategories[] = {"out_of_norm", "second", "first", "extra"};
  m->lobe_thickness_mm = tof.avg_height_mm;
  m->thickness_std_mm = tof.surface_rms_mm;
  const int category = static_cast<int>(std::count_if(reference.thickness_mm.begin(), reference.thickness_mm.end(),
                                                      [&](double bound) { return tof.avg_height_mm >= bound; }));
  m->thickness_category = kCategories[category];
  m->is_irregular_lobe = tof.surface_rms_mm > reference.thickness_sd_acceptable_mm;
  m->estimated_volume_cm3 = tof.volume_mm3 / 1000;
  m->mass_g = tof.mass_g;
  m->fill_level_mm = tof.max_height_mm;
  m->fill_level_percent = 100 * Over(tof.max_height_mm, reference.fill_target_mm);
  m->fill_deviation_mm = tof.max_height_mm - reference.fill_target_mm;
  m->fill_conformity = std::abs(m->fill_deviation_mm) <= reference.fill_tolerance_mm;
  m->has_underfill = m->fill_deviation_mm < -reference.fill_critical_mm;
  m->dimensional_conformity_score =
      reference.dimension_scores[category] - (m->is_irregular_lobe ? reference.irregular_penalty : 0) -
      (m->fill_conformity ? 0 : reference.fill_penalty);
  int zones = 0;
  for (int i = 0; i < tof.defects; ++i) zones += tof.defect[i].zones;
  m->defect_rate_percent = std::min(100.0, 100 * Over(zones, tof.zones));
}

void Colour(const SpectralMeasure& spectral, const QualityReferences& reference, LiverMetrics* m) {
  const Lab& seen = spectral.colour;
  m->l_star = seen.l;
  m->a_star = seen.a;
  m->b_star = seen.b;
  m->delta_e = DeltaE76(seen, reference.colour);
  const auto& scores = reference.colour_scores;
  const double score = m->delta_e <= reference.delta_e[0] ? scores[2] : m->delta_e <= reference.delta_e[1] ? scores[1] : scores[0];
  const bool bright = seen.l >= reference.bright_low && seen.l <= reference.bright_high;
  m->color_score_premium = std::min(100.0, score + (bright ? reference.bright_bonus : 0));
  const auto within = [](double value, double low, double high) { return value >= low && value <= high ? 1 : 0; };
  m->color_conformity_percent = 100.0 / 3 *
                                (within(seen.l, reference.colour_low.l, reference.colour_high.l) +
                                 within(seen.a, reference.colour_low.a, reference.colour_high.a) +
                                 within(seen.b, reference.colour_low.b, reference.colour_high.b));
  m->has_critical_color_deviation = m->delta_e >= reference.delta_e[2];
  const auto& r = spectral.reflectance;  // 445, 555 and 630 nm are blue, green and red
  m->hematoma_severity = LevelOf(Over(r[6], r[1]), reference.hematoma);
  m->bile_severity = LevelOf(Over(r[4], r[6]), reference.bile);
  m->oxidation_severity = LevelOf(std::abs(seen.b - reference.colour.b), reference.yellow_shift);
}

void Spectrum(const SpectralMeasure& spectral, const AnalysisProfile& profile, LiverMetrics* m) {
  const QualityReferences& reference = profile.references;
  m->freshness_index = spectral.tissue.freshness;
  m->oxidation_index = spectral.tissue.oxidation;
  m->has_oxidation_trend = spectral.tissue.oxidation > reference.oxidation_trend;
  m->fat_content_percent = std::clamp(reference.fat_slope * 100 * spectral.nir_reflectance + reference.fat_offset, 0.0, 100.0);
  for (int i = 0; i <= kNir; ++i) m->total_intensity += spectral.counts[i];
  if (spectral.nir_reflectance > 0) {
    m->maturity_index = spectral.reflectance[6] / spectral.nir_reflectance;
    const Levels& bounds = reference.maturity;
    m->maturity_stage = m->maturity_index < bounds[0]    ? "immature"
                        : m->maturity_index < bounds[1]  ? "optimal"
                        : m->maturity_index <= bounds[2] ? "mature"
                                                         : "out_of_spec";
  }
  if (spectral.counts[6] > 0) {
    constexpr const char* kProfiles[] = {"orange", "balanced", "red", "red_dominant"};
    m->red_orange_ratio = spectral.counts[7] / spectral.counts[6];
    m->spectral_profile = kProfiles[LevelOf(m->red_orange_ratio, reference.red_orange)];
  }
}

}  // namespace

LiverMetrics MetricsOf(const Analysis& analysis, const AnalysisProfile& profile) {
  LiverMetrics m;
  Dimensions(analysis.tof, profile.references, &m);
  Colour(analysis.spectral, profile.references, &m);
  Spectrum(analysis.spectral, profile, &m);
  m.global_quality_score_100 = 100 * analysis.score;
  const absl::string_view grade = analysis.grade;
  m.is_compliant = analysis.compliant;
  m.is_downgraded = grade == "B" || grade == "C";
  m.is_rejected = grade == "REJECT";
  return m;
}

}  // namespace egi::analyse
