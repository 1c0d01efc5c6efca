#include "server/analyse/spectral.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "server/analyse/grade.h"
#include "server/analyse/least_squares.h"

namespace egi::analyse {
namespace {

constexpr int kUnknowns = 4;  // freshness, oxidation, fat, log of the common factor

std::array<double, kRatios> RatiosOf(const std::array<double, kChannels>& c) {
  const auto over = [](double top, double bottom) { return bottom > 0 ? top / bottom : 0; };
  return {over(c[0], c[6]),
          over(c[kNir], c[0]),
          over(c[4] + c[5], c[0] + c[1]),
          over(c[6] + c[7], c[3]),
          over(c[0] + c[1], c[6] + c[7]),
          over(c[0] + c[2], c[4] + c[5])};
}

double Membership(double value, const RatioRange& r) {
  if (value >= r.best_low && value <= r.best_high) return 1;
  if (value < r.low || value > r.high) return 0.3;
  const double distance = value < r.best_low ? (r.best_low - value) / (r.best_low - r.low) : (value - r.best_high) / (r.high - r.best_high);
  return 0.7 + 0.3 * (1 - distance);
}

// Full scale of the converter: (ATIME + 1)(ASTEP + 1) steps of 2.78 us, at most 65535 (DS000504).
double FullScale(int integration_time_ms) {
  return integration_time_ms > 0 ? std::min(65535.0, std::floor(integration_time_ms / 0.00278)) : 65535;
}

void FindDefects(double full_scale, const SpectralOptions& options, SpectralMeasure* m) {
  for (int i = 0; i < kRatios; ++i) {
    if (m->ratios[i] < options.ratios[i].low || m->ratios[i] > options.ratios[i].high) m->ratios_out |= 1u << i;
  }
  for (int i = 0; i < kChannels; ++i) {
    if (m->counts[i] >= full_scale) {
      m->saturated |= 1u << i;
    } else if (m->counts[i] < options.weak_count) {
      m->weak |= 1u << i;
    }
  }
  m->defects = std::popcount(m->ratios_out) + std::popcount(m->saturated) + std::popcount(m->weak);
}

void Score(const SpectralOptions& options, SpectralMeasure* m) {
  SpectralParts& p = m->parts;
  p.freshness = options.weight_freshness * m->tissue.freshness;
  p.fat = options.weight_fat * m->tissue.fat;
  p.colour = options.weight_colour * Membership(m->ratios[kDiscoloration], options.ratios[kDiscoloration]);
  p.oxidation = options.weight_oxidation * (1 - m->tissue.oxidation);
  const double sum = p.freshness + p.fat + p.colour + p.oxidation;
  p.defects = -std::min({options.max_defect_penalty, options.defect_penalty * m->defects, sum});
  m->score = sum + p.defects;
  m->grade = GradeOf(m->score, options.grades);
}

void Doubt(const SpectralOptions& options, SpectralMeasure* m) {
  const double worst = std::max({m->sd.freshness, m->sd.oxidation, m->sd.fat}) / options.confidence_index_sd;
  const double residual = m->rms / options.confidence_residual;
  const double usable = 1 - std::popcount(static_cast<unsigned>(m->saturated | m->weak)) / static_cast<double>(kChannels);
  m->confidence = usable / (1 + worst * worst) / (1 + residual * residual);
  const double freshness = options.weight_freshness * m->sd.freshness, fat = options.weight_fat * m->sd.fat;
  const double oxidation = options.weight_oxidation * m->sd.oxidation;
  m->score_sd = std::sqrt(freshness * freshness + fat * fat + oxidation * oxidation);
}

void SeeColour(const quality::v1::SpectralReading& reading, const SpectralOptions& options, SpectralMeasure* m) {
  const double gain = reading.gain() > 0 ? reading.gain() : 1;
  const double exposure = gain * (reading.integration_time_ms() > 0 ? reading.integration_time_ms() / 100.0 : 1);
  for (int i = 0; i < kVisible; ++i) m->reflectance[i] = m->counts[i] / (exposure * options.model.channels[i].white);
  m->nir_reflectance = m->counts[kNir] / (exposure * options.model.channels[kNir].white);
  m->colour = LabOf(m->reflectance, options.colour);
}

}  // namespace

double ModelCount(int channel, const TissueState& state, const SpectralModel& model) {
  const ChannelModel& m = model.channels[channel];
  const double fat = m.carries_fat ? model.fat_floor + (1 - model.fat_floor) * state.fat : 1;
  return m.reference * (1 + (1 - state.freshness) * m.ageing) * (1 + state.oxidation * m.oxidised) * fat;
}

std::array<double, kChannels> CountsOf(const quality::v1::SpectralChannels& c) {
  return {c.f1_415nm(), c.f2_445nm(), c.f3_480nm(), c.f4_515nm(), c.f5_555nm(),
          c.f6_590nm(), c.f7_630nm(), c.f8_680nm(), c.nir(),      c.clear()};
}

TissueState InvertSpectrum(const std::array<double, kChannels>& counts, double* rms, const SpectralOptions& options, uint16_t left_out,
                           TissueState* sd) {
  constexpr int kRounds = 12;
  const SpectralModel& model = options.model;
  std::array<double, kClear> observed, weight;
  for (int i = 0; i < kClear; ++i) {
    const double count = std::max(1.0, counts[i]), noise = options.noise_std / count;
    observed[i] = std::log(count / model.channels[i].reference);
    weight[i] = left_out >> i & 1 ? 0 : 1 / (noise * noise + options.model_error * options.model_error);
  }
  TissueState state{0.7, 0.3, 0.7};
  double scale = 0, sum = 0, weights = 0;
  NormalEquations<kUnknowns> equations;
  for (int round = 0; round < kRounds; ++round) {
    equations = {};
    sum = weights = 0;
    for (int i = 0; i < kClear; ++i) {
      const ChannelModel& m = model.channels[i];
      const double aged = 1 + (1 - state.freshness) * m.ageing, oxidised = 1 + state.oxidation * m.oxidised;
      const double fat = m.carries_fat ? model.fat_floor + (1 - model.fat_floor) * state.fat : 1;
      const double residual = observed[i] - std::log(aged * oxidised * fat) - scale;
      equations.Add({-m.ageing / aged, m.oxidised / oxidised, m.carries_fat ? (1 - model.fat_floor) / fat : 0, 1}, residual, weight[i]);
      sum += weight[i] * residual * residual;
      weights += weight[i];
    }
    std::array<double, kUnknowns> change;
    if (!equations.Solve(1e-9, &change)) break;
    state.freshness = std::clamp(state.freshness + change[0], -0.2, 1.2);
    state.oxidation = std::clamp(state.oxidation + change[1], -0.2, 1.2);
    state.fat = std::clamp(state.fat + change[2], -0.5, 1.5);
    scale += change[3];
    if (std::abs(change[0]) + std::abs(change[1]) + std::abs(change[2]) < 1e-7) break;
  }
  if (rms != nullptr) *rms = weights > 0 ? std::sqrt(sum / weights) : 1;
  if (sd != nullptr) {
    const auto variance = equations.InverseDiagonal();
    sd->freshness = std::min(1.0, std::sqrt(variance[0]));
    sd->oxidation = std::min(1.0, std::sqrt(variance[1]));
    sd->fat = std::min(1.0, std::sqrt(variance[2]));
  }
  return {std::clamp(state.freshness, 0.0, 1.0), std::clamp(state.oxidation, 0.0, 1.0), std::clamp(state.fat, 0.0, 1.0)};
}

SpectralMeasure MeasureSpectrum(const quality::v1::SpectralReading& reading, const SpectralOptions& options) {
  SpectralMeasure m;
  m.counts = CountsOf(reading.channels());
  m.ratios = RatiosOf(m.counts);
  FindDefects(FullScale(reading.integration_time_ms()), options, &m);
  m.tissue = InvertSpectrum(m.counts, &m.rms, options, m.saturated | m.weak, &m.sd);
  m.uniformity = 1 / (1 + m.rms / options.residual_scale);
  SeeColour(reading, options, &m);
  Score(options, &m);
  Doubt(options, &m);
  return m;
}

}  // namespace egi::analyse
