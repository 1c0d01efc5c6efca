// Analysis of a frame of the time-of-flight sensor: where the product is, how big and how even it is, what disturbs its surface
// (simulators.md section 4, decisions of the rebuild). Pure functions, shared by the server and the stations.
#ifndef EGI_SERVER_ANALYSE_TOF_H_
#define EGI_SERVER_ANALYSE_TOF_H_

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
  double expected_volume_mm3 = 560000;   // 530 g at 0.947 g/cm3
  TofWeights weights;
  GradeBounds grades;
  double frame_sigma_mm = 5.6;           // noise of one frame at 20..200 mm (DS13754: +-15 mm at 2.7 sigma)
  double product_height_mm = 3;          // a zone holds product above this ...
  double product_height_ratio = 0.15;    // ... and above this share of the greatest height
  double uniformity_scale_mm = 2;        // uniformity = 1 / (1 + rms / scale)
  double defect_height_mm = 6;           // residual to the dome from which a zone is a defect
  double defect_full_scale_mm = 22;      // residual of severity 1
  double tolerated_severity = 0.75;     // sum of severities at which the component is 0
  double optical_drop = 12;              // reflectance below the product's median by this much is a defect
  double optical_full_scale = 40;        // drop of severity 1
  double reflectance_best = 55;          // reflectance of a sound liver, %
  double reflectance_span = 40;          // distance from it at which the component is 0
  double full_amplitude = 200;           // amplitude from which the signal counts fully
};

// Analyses a valid frame (64 distances, reflectances and amplitudes). The components in `score_breakdown` add up to
// `quality_score`. A frame without product has volume 0 and the score of an absent liver, 0.
quality::v1::TofAnalysis AnalyseTof(const quality::v1::TofFrame& frame, const TofOptions& options = {});

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_TOF_H_
