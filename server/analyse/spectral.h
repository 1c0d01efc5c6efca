// Analysis of a reading of the spectral sensor AS7341: freshness, oxidation and fat quality by inversion of the forward model of
// simulators.md section 5.1, colour against a white reference, and the six ratios for display. Pure functions, shared by the server and
// the stations. The indices describe that synthetic model; they claim nothing about the melting rate or the fat content of a real liver
// (which need infrared beyond 910 nm).
#ifndef EGI_SERVER_ANALYSE_SPECTRAL_H_
#define EGI_SERVER_ANALYSE_SPECTRAL_H_

#include <array>
#include <cstdint>

#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/colour.h"
#include "server/analyse/rules.h"

namespace egi::analyse {

inline constexpr int kChannels = 10;  // F1..F8, NIR, Clear
inline constexpr int kNir = 8;
inline constexpr int kClear = 9;
inline constexpr std::array<const char*, kChannels> kChannelNames = {"F1_415nm", "F2_445nm", "F3_480nm", "F4_515nm", "F5_555nm",
                                                                     "F6_590nm", "F7_630nm", "F8_680nm", "NIR",      "Clear"};

// One channel of the forward model: count = reference * (1 + (1 - freshness) * ageing) * (1 + oxidation * oxidised), times
// fat_floor + (1 - fat_floor) * fat where `carries_fat`; per unit of gain and 100 ms. Synthetic (simulators.md section 5.1).
struct ChannelModel {
  double reference;
  double ageing;
  double oxidised;
  bool carries_fat;
  double white;  // count of the white reference; synthetic: chosen so that a fresh liver is L* 70, a* 5, b* 20 (domain.md section 14)
};
struct SpectralModel {
  std::array<ChannelModel, kChannels> channels = {{{400, -.40, -.30, false, 1870},
                                                   {600, -.30, -.20, false, 2440},
                                                   {500, -.20, +.10, false, 1691},
                                                   {1900, +.10, +.20, false, 5307},
                                                   {900, +.20, -.10, false, 2327},
                                                   {600, -.10, +.40, true, 1282},
                                                   {1150, -.30, -.20, true, 2190},
                                                   {750, -.50, -.40, false, 1418},
                                                   {600, +.15, +.10, false, 1333},
                                                   {6500, -.25, -.15, false, 16000}}};
  double fat_floor = 0.7;
};

// State of a liver as the spectrum tells it, each 0..1.
struct TissueState {
  double freshness = 1;
  double oxidation = 0;
  double fat = 1;
};

// Counts the model expects of a channel, per unit of gain and 100 ms.
double ModelCount(int channel, const TissueState& state, const SpectralModel& model = {});

// Counts in the order of kChannelNames.
std::array<double, kChannels> CountsOf(const quality::v1::SpectralChannels& channels);

// A ratio of channels: 1 in the optimal range, 0.7..1 in the acceptable one, 0.3 outside (simulators.md section 5.2).
struct RatioRange {
  double best_low, best_high;
  double low, high;
};
inline constexpr int kRatios = 6;
inline constexpr int kDiscoloration = 4;
inline constexpr std::array<const char*, kRatios> kRatioNames = {"violet_orange", "meat", "lipid", "oil", "discoloration", "colour"};

// Shares of the components in the score; the first four of the options add up to 1.
struct SpectralParts {
  double freshness = 0, fat = 0, colour = 0, oxidation = 0;
  double defects = 0;  // a penalty, 0 or less
};

// Rules of the analysis.
struct SpectralOptions {
  double weight_freshness = 0.35;
  double weight_fat = 0.30;
  double weight_colour = 0.20;
  double weight_oxidation = 0.15;
  double defect_penalty = 0.04;        // per defect: the indices already tell most of it
  double max_defect_penalty = 0.04;
  double residual_scale = 0.02;        // colour uniformity = 1 / (1 + rms of the log residual / scale)
  double weak_count = 10;              // a channel below is a weak signal
  double noise_std = 5;                // counts
  double model_error = 0.002;          // relative, of a channel: what the model leaves out
  double confidence_index_sd = 0.1;    // uncertainty of the worst index that halves the confidence
  double confidence_residual = 0.06;   // rms log residual that halves the confidence
  std::array<RatioRange, kRatios> ratios = {{{.25, .45, .20, .55},
                                             {1.2, 1.8, 1.0, 2.0},
                                             {1.3, 1.7, 1.1, 2.0},
                                             {.8, 1.2, .7, 1.4},
                                             {.35, .65, .25, .75},
                                             {.5, .8, .4, .9}}};
  SpectralModel model;
  ColourWeights colour;
  GradeBounds grades;
};

// What a spectrum tells, as plain data. Masks have bit i for channel (or ratio) i.
struct SpectralMeasure {
  std::array<double, kChannels> counts{};
  TissueState tissue;
  TissueState sd;                       // standard uncertainties of the three indices
  double rms = 0;                       // of the log residuals
  double uniformity = 0;                // 0..1
  std::array<double, kRatios> ratios{};
  std::array<double, kVisible> reflectance{};  // relative to the white reference
  double nir_reflectance = 0;
  Lab colour;
  uint16_t saturated = 0, weak = 0;     // channels
  uint8_t ratios_out = 0;               // ratios outside their acceptable range
  int defects = 0;
  SpectralParts parts;                  // they add up to the score
  double score = 0;
  double score_sd = 0;                  // standard uncertainty of the score
  double confidence = 0;                // 0..1
  const char* grade = "REJECT";
};

// Least-squares estimate of the state from log counts: they are linear in the logs of the model's factors, solved by Gauss-Newton steps with a
// free common scale, which takes up Clear, temperature and ambient light. Channels in `left_out` are not used. `sd` and `rms` may be null.
TissueState InvertSpectrum(const std::array<double, kChannels>& counts, double* rms, const SpectralOptions& options = {},
                           uint16_t left_out = 0, TissueState* sd = nullptr);

// Measures a valid reading.
SpectralMeasure MeasureSpectrum(const quality::v1::SpectralReading& reading, const SpectralOptions& options = {});

// The same as a message, with `score_breakdown`, the defects in words, ratios and colour in `details`.
quality::v1::SpectralAnalysis ExplainSpectrum(const SpectralMeasure& measure, const SpectralOptions& options = {});
quality::v1::SpectralAnalysis AnalyseSpectrum(const quality::v1::SpectralReading& reading, const SpectralOptions& options = {});

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_SPECTRAL_H_
