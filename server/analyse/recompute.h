// The whole analysis of a sample from its raw readings: what the server holds against the device's own conclusions, and what the station
// itself concludes. Pure, no memory from the heap; the cost is told by //server/analyse:analyse_benchmark and grows with the defects searched.
#ifndef EGI_SERVER_ANALYSE_RECOMPUTE_H_
#define EGI_SERVER_ANALYSE_RECOMPUTE_H_

#include <cstdint>

#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile.h"
#include "server/analyse/spectral.h"
#include "server/analyse/tof.h"

namespace egi::analyse {

// Why a liver is rejected whatever its score (domain.md section 12).
enum class Rejection : uint8_t { kNone, kTofScore, kSpectralScore, kForeignBody };

// The sensor that limits the confidence.
enum class LimitingSensor : uint8_t { kNone, kVl53l8ch, kAs7341 };
// vl53l8ch, as7341, or empty.
const char* NameOf(LimitingSensor sensor);

struct Analysis {
  TofMeasure tof;
  SpectralMeasure spectral;
  double score = 0;                 // weight_tof * ToF score + weight_spectral * spectral score, rounded to 1e-9
  double score_sd = 0;              // standard uncertainty of the score
  const char* grade = "REJECT";
  bool compliant = false;           // A+, A or B
  Rejection rejection = Rejection::kNone;
  // 0..1: the confidence of the weaker sensor, from frame noise and number of frames, statuses, saturation and the residuals of both fits.
  double confidence = 0;
  // The sensor of the lower confidence; none when both are above the bound of the rules.
  LimitingSensor limiting = LimitingSensor::kNone;
};

// The nearest volume a liver may have, 40 g to 2 kg, mm3: what a station expects is taken no further, by itself and by the server.
double PlausibleVolume(double volume_mm3);

// Analyses the raw frame and spectrum of a validated sample by the rules of its profile; `expected_volume_mm3` > 0 replaces the expected volume of
// the profile.
Analysis Recompute(const quality::v1::Sample& sample, const AnalysisProfile& profile, double expected_volume_mm3 = 0);

// The fusion of an analysis as a message, without the defects (they stand with their sensors).
quality::v1::Fusion ExplainFusion(const Analysis& analysis, const AnalysisProfile& profile);

// Writes an analysis into a sample, as its own conclusions: both analyses and the fusion.
void Explain(const Analysis& analysis, const AnalysisProfile& profile, quality::v1::Sample* sample);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_RECOMPUTE_H_
