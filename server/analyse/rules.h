// Figures of the rules by which samples and meals are judged, with the defaults of the specification.
#ifndef EGI_SERVER_ANALYSE_RULES_H_
#define EGI_SERVER_ANALYSE_RULES_H_

#include "absl/time/time.h"

namespace egi::analyse {

// Lower bounds of the grades of a 0..1 score (domain.md section 11); below C is REJECT.
struct GradeBounds {
  double a_plus = 0.85;
  double a = 0.75;
  double b = 0.60;
  double c = 0.45;
};

// Rules on a sample (domain.md sections 10 to 12).
struct SampleRules {
  double weight_tof = 0.6;
  double weight_spectral = 0.4;
  GradeBounds grades;
  double critical_foreign_body = 0.7;      // severity above which a foreign body rejects the liver
  double score_tolerance = 0.02;           // declared and computed score may differ by this much
  absl::Duration old_sample = absl::Hours(7 * 24);  // older device times are flagged
  double quality_critical_below = 0.4;     // fused score
  double quality_low_below = 0.6;          // fused score
  double oxidation_high_above = 0.7;       // index
  double freshness_low_below = 0.5;        // index
  double full_confidence = 0.8;            // sensors above limit nothing
  double single_sensor_confidence = 0.5;   // factor on the confidence when one sensor is missing
  // An alert clears only when the measure is in range by more than this.
  double score_margin = 0.02;              // fused score, also of grade_reject
  double index_margin = 0.05;              // freshness and oxidation
  double disagreement_margin = 0.005;      // difference of declared and computed scores
};

// Rules on a meal (domain.md section 9; bounds of the dose from section 7.4).
struct MealRules {
  double dose_gap_warning_pct = 10;
  double dose_gap_critical_pct = 25;
  double refusal_ratio = 0.70;             // real / prescribed at or below which the birds refuse
  double dose_low_g = 100;                 // outside these a dose is probably a typing error
  double dose_high_g = 600;
  double weight_loss_important_g = 80;     // between two weighings
  double weight_loss_critical_g = 150;
  double gain_important_g_per_day = 50;    // mean over three days, at or below
  double gain_critical_g_per_day = 30;
  double weight_curve_info_pct = 5;        // weight against the curve in force, from on
  double weight_curve_warning_pct = 10;
  double weight_curve_critical_pct = 25;
  double weight_late_g = 50;               // dose added when the weight is more than weight_curve_warning_pct late
  double weight_ahead_g = 30;              // dose taken off when it is as much ahead
  double temperature_low_c = 18;           // at or below: important
  double temperature_high_c = 25;          // at or above: important
  double temperature_low_critical_c = 15;
  double temperature_high_critical_c = 28;
  double humidity_low_pct = 50;            // at or below: important
  double humidity_high_pct = 75;           // above (75 itself is normal): important
  double mortality_warning_pct = 3;
  double mortality_critical_pct = 5;
  double silence_warning_h = 18;           // hours without a meal of an active lot, at or above
  double silence_critical_h = 30;
  double meal_grace_h = 2;                 // after the half day of a meal, until it counts as missed (ADR 190)
  // An alert clears only when the measure is in range by more than this.
  double dose_margin_pct = 1;              // points of the dose gap and of the refusal ratio
  double weight_margin_g = 10;             // loss between weighings; gain a day; bounds of the dose
  double weight_curve_margin_pct = 0.5;    // points of the weight against the curve
  double temperature_margin_c = 0.5;
  double humidity_margin_pct = 1;
  double mortality_margin_pct = 0.1;
};

// Rules on a finished lot (domain.md section 9).
struct LotRules {
  double itm_warning_above = 15.5;         // kg of corn per kg of liver; class D begins
  double itm_critical_above = 17;          // class E begins
};

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_RULES_H_
