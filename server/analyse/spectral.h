// Analysis of a reading of the spectral sensor AS7341: freshness, oxidation and fat quality by inversion of the forward model of
// simulators.md section 5.1, and the six ratios for display. Pure functions, shared by the server and the stations.
// The indices describe that synthetic model; they claim nothing about the melting rate of a real liver (which needs infrared beyond 910 nm).
#ifndef EGI_SERVER_ANALYSE_SPECTRAL_H_
#define EGI_SERVER_ANALYSE_SPECTRAL_H_

#include <array>

#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/rules.h"

namespace egi::analyse {

inline constexpr int kChannels = 10;  // F1..F8, NIR, Clear
inline constexpr int kClear = 9;

// One channel of the forward model: count = reference * (1 + (1 - freshness) * ageing) * (1 + oxidation * oxidised), times
// 0.7 + 0.3 * fat where `carries_fat`; per unit of gain and 100 ms.
struct ChannelModel {
  const char* name;
  double reference;
  double ageing;
  double oxidised;
  bool carries_fat;
};
inline constexpr std::array<ChannelModel, kChannels> kChannelModel = {{{"F1_415nm", 400, -.40, -.30, false},
                                                                       {"F2_445nm", 600, -.30, -.20, false},
                                                                       {"F3_480nm", 500, -.20, +.10, false},
                                                                       {"F4_515nm", 1900, +.10, +.20, false},
                                                                       {"F5_555nm", 900, +.20, -.10, false},
                                                                       {"F6_590nm", 600, -.10, +.40, true},
                                                                       {"F7_630nm", 1150, -.30, -.20, true},
                                                                       {"F8_680nm", 750, -.50, -.40, false},
                                                                       {"NIR", 600, +.15, +.10, false},
                                                                       {"Clear", 6500, -.25, -.15, false}}};

// State of a liver as the spectrum tells it, each 0..1.
struct TissueState {
  double freshness = 1;
  double oxidation = 0;
  double fat = 1;
};

// Counts the model expects of a channel, per unit of gain and 100 ms.
double ModelCount(int channel, const TissueState& state);

// Counts in the order of kChannelModel.
std::array<double, kChannels> CountsOf(const quality::v1::SpectralChannels& channels);

// Rules of the analysis; the weights add up to 1.
struct SpectralOptions {
  double weight_freshness = 0.35;
  double weight_fat = 0.30;
  double weight_colour = 0.20;
  double weight_oxidation = 0.15;
  double defect_penalty = 0.03;        // per defect: the indices already tell most of it
  double max_defect_penalty = 0.12;
  double residual_scale = 0.02;        // colour uniformity = 1 / (1 + rms of the log residual / scale)
  double weak_count = 10;              // a channel below is a weak signal
  GradeBounds grades;
};

// Least-squares estimate of the state from counts normalised by Clear: log counts are linear in the logs of the model's factors, solved by
// Gauss-Newton steps with a free common scale (which takes up temperature and ambient light). `rms` (may be null) gets the rms log residual.
TissueState InvertSpectrum(const std::array<double, kChannels>& counts, double* rms);

// Analyses a valid reading. The components in `score_breakdown` add up to `quality_score`.
quality::v1::SpectralAnalysis AnalyseSpectrum(const quality::v1::SpectralReading& reading,
                                              const SpectralOptions& options = {});

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_SPECTRAL_H_
