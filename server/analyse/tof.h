// Analysis of a frame of the time-of-flight sensor: where the product is, how big and how even it is, what disturbs its surface
// (simulators.md section 4, decisions of the rebuild). Pure functions, shared by the server and the stations.
#ifndef EGI_SERVER_ANALYSE_TOF_H_
#define EGI_SERVER_ANALYSE_TOF_H_

#include <array>
#include <cstdint>

#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/dome.h"
#include "server/analyse/rules.h"

namespace egi::analyse {

// Shares of the components in the score; they add up to 1.
struct TofWeights {
  double volume = 0.25;
  double uniformity = 0.25;
  double defects = 0.25;
  double reflectance = 0.15;
  double signal = 0.10;
};

// Set-up of a station and rules of the analysis.
struct TofOptions {
  ZoneGrid grid;                         // 8x8 over a tray of 300 x 180 mm
  double empty_distance_mm = 95;         // to the tray: 100 mm above the table minus 5 mm
  DomePrior prior;                       // the proportions are those of the product of the profile
  double tray_offset_limit_mm = 3;       // the empty zones may move the tray by this much; 0 = trust the set-up
  double expected_volume_mm3 = 560000;   // 530 g at 0.947 g/cm3
  double density_g_cm3 = 0.947;          // at 20 degrees Celsius (Int. J. Food Prop. 2016)
  TofWeights weights;
  GradeBounds grades;
  double frame_sigma_mm = 5.6;           // noise of one frame at 20..200 mm (DS13754: +-15 mm at 2.7 sigma)
  double product_height_mm = 3;          // a zone holds product above this ...
  double product_height_ratio = 0.15;    // ... and above this share of the greatest height
  double volume_full_gap = 0.01;         // gap to the expected volume up to which the component is whole
  double volume_half_gap = 0.50;         // gap at which 0.4 of it is left
  double uniformity_scale_mm = 2;        // uniformity = 1 / (1 + rms / scale)
  double quiet_mm = 2;                   // surfaces with all residuals below hold no defect of shape
  double shape_significance = 3.3;         // spreads that a defect of shape must stand out by
  double defect_height_mm = 3;           // change of a zone from which it is a defect
  double defect_full_scale_mm = 22;      // residual of severity 1
  double tolerated_severity = 0.40;      // sum of severities at which the component is 0
  double optical_drop = 7;               // fall of the reflectance, pooled over a patch, from which it is a defect
  double optical_significance = 4;       // spreads that a dark patch must stand out by
  double optical_full_scale = 40;        // drop of severity 1
  double reflectance_best = 55;          // reflectance of a sound liver, %
  double reflectance_span = 40;          // distance from it at which the component is 0
  double reflectance_low = 30, reflectance_high = 80;  // zones outside are not counted as sound
  double full_amplitude = 200;           // amplitude from which the signal counts fully
  double confidence_noise_mm = 3;        // noise of a height that halves the confidence
  double confidence_residual_mm = 8;     // spread of the residuals that halves the confidence
};

enum class DefectClass : uint8_t { kForeignBody, kSurfaceDeformation, kEdgeDamage, kOpticalInconsistency };
inline constexpr int kDefectClasses = 4;

// The word of a class on the wire: foreign_body, surface_deformation, edge_damage, optical_inconsistency.
const char* NameOf(DefectClass type);

// A disturbance of the product over connected zones, told at its worst zone.
struct TofDefect {
  DefectClass type = DefectClass::kForeignBody;
  uint8_t zone = 0;       // row * 8 + column
  uint8_t zones = 0;      // how many it spreads over
  float size = 0;         // mm over or under the dome, or reflectance below the median
  float severity = 0;     // 0..1
};
inline constexpr int kMaxTofDefects = 24;

// Everything the frame tells, as plain data.
struct TofMeasure {
  int zones = 0;                    // of product; 0 = empty tray, everything below is 0
  double tray_offset_mm = 0;        // measured minus expected distance of the empty tray
  double volume_mm3 = 0;            // of heights over the whole outline
  double volume_trapezoidal_mm3 = 0;  // cross-check: integral of the bilinear surface through the centres of the zones
  double mass_g = 0;
  double avg_height_mm = 0, max_height_mm = 0, min_height_mm = 0;  // over product zones
  Dome dome;
  double surface_rms_mm = 0;        // of sound zones to the dome, without the noise of the sensor
  double spread_mm = 0;             // robust spread of all residuals
  double uniformity = 0;            // 0..1
  double mean_reflectance = 0, reflectance_sd = 0;
  double low_share = 0, high_share = 0;  // zones below and above the sound reflectances
  double mean_amplitude = 0;
  double signal = 0;                // trust times amplitude, 0..1
  double trust = 0;                 // mean trust of the product zones, 0..1
  double height_noise_mm = 0;       // standard deviation of one height after averaging
  double confidence = 0;            // 0..1
  double score_sd = 0;              // standard uncertainty of the score by the noise
  TofWeights parts;                 // components times weights: they add up to the score
  double score = 0;
  const char* grade = "REJECT";
  int defects = 0;
  std::array<TofDefect, kMaxTofDefects> defect;
};

// Measures a valid frame (64 distances, reflectances and amplitudes; statuses 64 or none). A frame without product scores 0.
TofMeasure MeasureTof(const quality::v1::TofFrame& frame, const TofOptions& options = {});

// The same as a message, with `score_breakdown`, the defects in words and the figures without a field of their own in `details`.
quality::v1::TofAnalysis ExplainTof(const TofMeasure& measure, const TofOptions& options = {});
quality::v1::TofAnalysis AnalyseTof(const quality::v1::TofFrame& frame, const TofOptions& options = {});

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_TOF_H_
