#include <cmath>

#include "absl/strings/str_format.h"
#include "server/analyse/tof.h"

namespace egi::analyse {
namespace {

void Describe(const TofDefect& found, quality::v1::Defect* defect) {
  defect->set_type(NameOf(found.type));
  defect->set_x(found.zone % kSide);
  defect->set_y(found.zone / kSide);
  defect->set_severity(found.severity);
  const char* relation = found.type == DefectClass::kForeignBody            ? "mm above the dome"
                         : found.type == DefectClass::kOpticalInconsistency ? "% of reflectance below the median"
                                                                            : "mm below the dome";
  defect->set_description(absl::StrFormat("%.1f %s over %d zones", found.size, relation, found.zones));
}

}  // namespace

const char* NameOf(DefectClass type) {
  switch (type) {
    case DefectClass::kForeignBody:
      return "foreign_body";
    case DefectClass::kSurfaceDeformation:
      return "surface_deformation";
    case DefectClass::kEdgeDamage:
      return "edge_damage";
    case DefectClass::kOpticalInconsistency:
      return "optical_inconsistency";
  }
  return "";
}

quality::v1::TofAnalysis ExplainTof(const TofMeasure& m, const TofOptions& options) {
  quality::v1::TofAnalysis analysis;
  auto& parts = *analysis.mutable_score_breakdown();
  parts["volume"] = m.parts.volume;
  parts["uniformity"] = m.parts.uniformity;
  parts["defects"] = m.parts.defects;
  parts["reflectance"] = m.parts.reflectance;
  parts["signal"] = m.parts.signal;
  analysis.set_quality_score(m.score);
  analysis.set_grade(m.grade);
  if (m.zones == 0) return analysis;
  analysis.set_volume_mm3(m.volume_mm3);
  analysis.set_avg_height_mm(m.avg_height_mm);
  analysis.set_max_height_mm(m.max_height_mm);
  analysis.set_min_height_mm(m.min_height_mm);
  analysis.set_surface_uniformity(m.uniformity);
  analysis.set_height_variation_mm(m.surface_rms_mm);
  for (int i = 0; i < m.defects; ++i) Describe(m.defect[i], analysis.add_defects());
  auto& fields = *analysis.mutable_details()->mutable_fields();
  const auto detail = [&](const char* key, double value) { fields[key].set_number_value(std::round(value * 1000) / 1000); };
  detail("occupied_zones", m.zones);
  detail("base_area_mm2", m.zones * options.grid.AreaMm2());
  detail("volume_trapezoidal_mm3", m.volume_trapezoidal_mm3);
  detail("dome_volume_mm3", m.dome.VolumeMm3());
  detail("dome_height_mm", m.dome.height);
  detail("mass_g", m.mass_g);
  detail("tray_offset_mm", m.tray_offset_mm);
  detail("avg_reflectance", m.mean_reflectance);
  detail("reflectance_sd", m.reflectance_sd);
  detail("low_reflectance_share", m.low_share);
  detail("high_reflectance_share", m.high_share);
  detail("avg_amplitude", m.mean_amplitude);
  detail("height_noise_mm", m.height_noise_mm);
  detail("score_sd", m.score_sd);
  return analysis;
}

quality::v1::TofAnalysis AnalyseTof(const quality::v1::TofFrame& frame, const TofOptions& options) {
  return ExplainTof(MeasureTof(frame, options), options);
}

}  // namespace egi::analyse
