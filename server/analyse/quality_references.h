// What a liver is held against: classes of thickness, colour, fat and oxidation (domain.md section 14). Every figure stands in profiles.yaml.
#ifndef EGI_SERVER_ANALYSE_QUALITY_REFERENCES_H_
#define EGI_SERVER_ANALYSE_QUALITY_REFERENCES_H_

#include <array>

#include "server/analyse/colour.h"

namespace egi::analyse {

// Three bounds of growing weight.
using Levels = std::array<double, 3>;

struct QualityReferences {
  Levels thickness_mm = {25, 35, 45};          // second, first, extra from
  double thickness_sd_excellent_mm = 3, thickness_sd_acceptable_mm = 5;
  double fill_target_mm = 50, fill_tolerance_mm = 3, fill_critical_mm = 5;
  Lab colour = {70, 5, 20};                    // raw, extra
  Lab colour_low = {65, 2, 15}, colour_high = {75, 10, 25};
  Levels delta_e = {2, 5, 8};                  // excellent, acceptable up to; critical from
  double bright_low = 68, bright_high = 77;    // L* that earns 5 points
  Levels hematoma = {2.5, 3.5, 5.0};           // red over blue
  Levels bile = {1.3, 1.6, 2.0};               // green over red
  Levels yellow_shift = {8, 12, 16};           // |b* - reference|
  double oxidation_trend = 0.3;                // index above which oxidation is noted
  double fat_slope = 0.8, fat_offset = 20;     // fat % = slope * NIR indicator + offset: a published form, not a calibration
  double lsl_mm = 45, usl_mm = 55;             // of the lobe thickness
  double capable = 1.33, acceptable = 1.0;     // Cpk
  double dimension_target_mm = 50, dimension_tolerance_mm = 3;
  double trend_slope = 0.1;                    // of the score in points of 100, per sample
  double trend_significance = 2;               // standard errors a slope must pass to be a trend
  double freshness_stable_per_hour = 0.005;    // loss of the index that is none
  double freshness_spoiled = 0.5;              // index at which the shelf life ends
  std::array<double, 4> dimension_scores = {50, 75, 90, 100};  // out of norm, second, first, extra
  double irregular_penalty = 15, fill_penalty = 20;            // points of the dimensions
  Levels colour_scores = {50, 70, 100};        // beyond acceptable, acceptable, excellent
  double bright_bonus = 5;                     // points for L* between bright_low and bright_high
  Levels maturity = {0.8, 1.2, 1.5};           // optimal, mature, out of specification from
  Levels colour_cv_percent = {5, 10, 20};      // excellent, good, acceptable up to
  Levels red_orange = {1.0, 1.5, 2.0};         // balanced, red, red dominant above
  double conformity_target_percent = 98, cadence_target_per_hour = 100;
  double downgraded_target_percent = 5, downgraded_critical_percent = 10;
  double rejected_target_percent = 2, rejected_critical_percent = 5;
};

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_QUALITY_REFERENCES_H_
