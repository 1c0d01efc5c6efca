#include "server/analyse/spectral.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/analyse/grade.h"
#include "server/analyse/least_squares.h"

namespace egi::analyse {
namespace {

using quality::v1::SpectralAnalysis;

constexpr double kFatFloor = 0.7, kFatSpan = 0.3;

// A ratio of channels with its optimal and its acceptable range (simulators.md section 5.2).
struct Ratio {
  const char* name;
  double value;
  double best_low, best_high;
  double low, high;
};

std::array<Ratio, 6> RatiosOf(const std::array<double, kChannels>& c) {
  const auto over = [](double top, double bottom) { return bottom > 0 ? top / bottom : 0; };
  return {{{"violet_orange", over(c[0], c[6]), .25, .45, .20, .55},
           {"meat", over(c[8], c[0]), 1.2, 1.8, 1.0, 2.0},
           {"lipid", over(c[4] + c[5], c[0] + c[1]), 1.3, 1.7, 1.1, 2.0},
           {"oil", over(c[6] + c[7], c[3]), .8, 1.2, .7, 1.4},
           {"discoloration", over(c[0] + c[1], c[6] + c[7]), .35, .65, .25, .75},
           {"colour", over(c[0] + c[2], c[4] + c[5]), .5, .8, .4, .9}}};
}

// 1 in the optimal range, 0.7..1 in the acceptable one, 0.3 outside.
double Membership(const Ratio& r) {
  if (r.value >= r.best_low && r.value <= r.best_high) return 1;
  if (r.value < r.low || r.value > r.high) return 0.3;
  const double distance = r.value < r.best_low ? (r.best_low - r.value) / (r.best_low - r.low)
                                               : (r.value - r.best_high) / (r.high - r.best_high);
  return 0.7 + 0.3 * (1 - distance);
}

void AddDefect(SpectralAnalysis* analysis, std::string type, double severity, std::string description) {
  quality::v1::Defect* defect = analysis->add_defects();
  defect->set_type(std::move(type));
  defect->set_severity(severity);
  defect->set_description(std::move(description));
}

void FindDefects(const quality::v1::SpectralReading& reading, const std::array<double, kChannels>& counts,
                 const std::array<Ratio, 6>& ratios, const SpectralOptions& options, SpectralAnalysis* analysis) {
  for (const Ratio& r : ratios) {
    if (r.value >= r.low && r.value <= r.high) continue;
    const double off = r.value < r.low ? (r.low - r.value) / r.low : (r.value - r.high) / r.high;
    AddDefect(analysis, absl::StrCat("ratio_", r.name), std::min(1.0, off),
              absl::StrFormat("ratio %.2f outside %.2f to %.2f", r.value, r.low, r.high));
  }
  // Full scale of the converter: (ATIME + 1)(ASTEP + 1) steps of 2.78 us, at most 65535 (DS000504).
  const double full_scale =
      reading.integration_time_ms() > 0 ? std::min(65535.0, std::floor(reading.integration_time_ms() / 0.00278)) : 65535;
  for (int i = 0; i < kChannels; ++i) {
    if (counts[i] >= full_scale) {
      AddDefect(analysis, "saturation", 1, absl::StrCat(kChannelModel[i].name, " reached full scale: lower the gain"));
    } else if (counts[i] < options.weak_count) {
      AddDefect(analysis, "weak_signal", 1, absl::StrCat(kChannelModel[i].name, " is too weak: raise the gain"));
    }
  }
}

void Score(double colour, const SpectralOptions& options, SpectralAnalysis* analysis) {
  auto& parts = *analysis->mutable_score_breakdown();
  parts["freshness"] = options.weight_freshness * analysis->freshness_index();
  parts["fat_quality"] = options.weight_fat * analysis->fat_quality_index();
  parts["colour"] = options.weight_colour * colour;
  parts["oxidation"] = options.weight_oxidation * (1 - analysis->oxidation_index());
  const double sum = parts["freshness"] + parts["fat_quality"] + parts["colour"] + parts["oxidation"];
  const double penalty =
      std::min({options.max_defect_penalty, options.defect_penalty * analysis->defects_size(), sum});
  parts["defects"] = -penalty;
  analysis->set_quality_score(std::clamp(sum - penalty, 0.0, 1.0));
  analysis->set_grade(GradeOf(analysis->quality_score(), options.grades));
}

}  // namespace

double ModelCount(int channel, const TissueState& state) {
  const ChannelModel& m = kChannelModel[channel];
  const double fat = m.carries_fat ? kFatFloor + kFatSpan * state.fat : 1;
  return m.reference * (1 + (1 - state.freshness) * m.ageing) * (1 + state.oxidation * m.oxidised) * fat;
}

std::array<double, kChannels> CountsOf(const quality::v1::SpectralChannels& c) {
  return {c.f1_415nm(), c.f2_445nm(), c.f3_480nm(), c.f4_515nm(), c.f5_555nm(),
          c.f6_590nm(), c.f7_630nm(), c.f8_680nm(), c.nir(),      c.clear()};
}

TissueState InvertSpectrum(const std::array<double, kChannels>& counts, double* rms) {
  TissueState state{0.7, 0.3, 0.7};
  double scale = 0;  // log of the common factor
  const double clear = std::max(1.0, counts[kClear]);
  double sum = 0;
  for (int round = 0; round < 20; ++round) {
    NormalEquations<4> equations;
    sum = 0;
    for (int i = 0; i < kClear; ++i) {
      const ChannelModel& m = kChannelModel[i];
      const double observed = std::log(std::max(1.0, counts[i]) / clear);
      const double expected = std::log(ModelCount(i, state) / kChannelModel[kClear].reference) + scale;
      const double weight = std::min(1.0, counts[i] / clear * 10);  // weak channels carry more noise
      const std::array<double, 4> slopes = {
          -m.ageing / (1 + (1 - state.freshness) * m.ageing), m.oxidised / (1 + state.oxidation * m.oxidised),
          m.carries_fat ? kFatSpan / (kFatFloor + kFatSpan * state.fat) : 0, 1};
      equations.Add(slopes, observed - expected, weight * weight);
      sum += (observed - expected) * (observed - expected);
    }
    std::array<double, 4> change;
    if (!equations.Solve(1e-9, &change)) break;
    state.freshness = std::clamp(state.freshness + change[0], -0.2, 1.2);
    state.oxidation = std::clamp(state.oxidation + change[1], -0.2, 1.2);
    state.fat = std::clamp(state.fat + change[2], -0.5, 1.5);
    scale += change[3];
    if (std::abs(change[0]) + std::abs(change[1]) + std::abs(change[2]) < 1e-9) break;
  }
  if (rms != nullptr) *rms = std::sqrt(sum / kClear);
  return {std::clamp(state.freshness, 0.0, 1.0), std::clamp(state.oxidation, 0.0, 1.0), std::clamp(state.fat, 0.0, 1.0)};
}

SpectralAnalysis AnalyseSpectrum(const quality::v1::SpectralReading& reading, const SpectralOptions& options) {
  SpectralAnalysis analysis;
  const std::array<double, kChannels> counts = CountsOf(reading.channels());
  double rms = 0;
  const TissueState state = InvertSpectrum(counts, &rms);
  analysis.set_freshness_index(state.freshness);
  analysis.set_fat_quality_index(state.fat);
  analysis.set_oxidation_index(state.oxidation);
  analysis.set_color_uniformity(1 / (1 + rms / options.residual_scale));
  const std::array<Ratio, 6> ratios = RatiosOf(counts);
  auto& shown = *(*analysis.mutable_details()->mutable_fields())["spectral_ratios"].mutable_struct_value()->mutable_fields();
  for (const Ratio& r : ratios) shown[r.name].set_number_value(std::round(r.value * 1e4) / 1e4);
  FindDefects(reading, counts, ratios, options, &analysis);
  Score(Membership(ratios[4]), options, &analysis);
  return analysis;
}

}  // namespace egi::analyse
