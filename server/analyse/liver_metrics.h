// Business metrics of one liver (simulators.md section 6, thresholds of domain.md section 14). Pure functions.
//
// What they cannot claim: the fat content is a published form over one infrared channel of a synthetic model, not a calibration; the melting
// rate needs infrared beyond 910 nm and cooking settlement a second measure after cooking: neither is offered. Blood vessels need a
// texture that 8x8 zones do not have.
#ifndef EGI_SERVER_ANALYSE_LIVER_METRICS_H_
#define EGI_SERVER_ANALYSE_LIVER_METRICS_H_

#include "server/analyse/quality_references.h"
#include "server/analyse/recompute.h"

namespace egi::analyse {

struct LiverMetrics {
  double lobe_thickness_mm = 0;           // mean height of the product
  double thickness_std_mm = 0;            // of the surface to its dome, without the noise of the sensor
  const char* thickness_category = "out_of_norm";  // extra, first, second, out_of_norm
  bool is_irregular_lobe = false;         // spread above the acceptable one
  double estimated_volume_cm3 = 0;
  double mass_g = 0;                      // at 0.947 g/cm3
  double fill_level_mm = 0;               // crown of the product above the tray
  double fill_level_percent = 0;          // of the target
  double fill_deviation_mm = 0;
  bool fill_conformity = false;           // within the tolerance
  double dimensional_conformity_score = 0;  // 0..100
  double l_star = 0, a_star = 0, b_star = 0;
  double delta_e = 0;                     // CIE 1976, to the reference liver
  double color_score_premium = 0;         // 0..100
  double color_conformity_percent = 0;    // of L*, a*, b* within their ranges
  int hematoma_severity = 0;              // 0 none, 1 low, 2 medium, 3 high
  int bile_severity = 0;
  int oxidation_severity = 0;             // of the colour
  double defect_rate_percent = 0;         // zones of the product with a defect
  double freshness_index = 0;
  double oxidation_index = 0;
  double fat_content_percent = 0;         // indicative only, see above
  double global_quality_score_100 = 0;
  bool has_critical_color_deviation = false;
  bool has_underfill = false;             // below the critical deviation
  bool has_oxidation_trend = false;
  bool is_compliant = false;              // A+, A, B
  bool is_downgraded = false;             // B, C
  bool is_rejected = false;
  double maturity_index = 0;              // reflectance at 630 nm over that of the infrared
  const char* maturity_stage = "unknown"; // immature, optimal, mature, out_of_spec, unknown
  double red_orange_ratio = 0;            // counts at 680 over 630 nm
  const char* spectral_profile = "unknown";  // red_dominant, red, balanced, orange, unknown
  double total_intensity = 0;             // counts of F1..F8 and NIR
};

LiverMetrics MetricsOf(const Analysis& analysis, const AnalysisProfile& profile);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_LIVER_METRICS_H_
