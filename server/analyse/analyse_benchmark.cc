// Cost of the analysis of one sample on one core: bazel run //server/analyse:analyse_benchmark. The budget is 20 microseconds for the whole.
#include <array>
#include <cmath>

#include "benchmark/benchmark.h"
#include "server/analyse/profile_book.h"
#include "server/analyse/recompute.h"

namespace egi::analyse {
namespace {

constexpr int kLivers = 64;

// Deterministic noise of unit spread: the sum of three hashed uniforms, centred.
double Noise(uint64_t key) {
  double sum = 0;
  for (int k = 0; k < 4; ++k) {
    key = (key ^ (key >> 29)) * 0xBF58476D1CE4E5B9ULL + 0x9E3779B97F4A7C15ULL;
    sum += static_cast<double>(key >> 11) * 0x1.0p-53 - 0.5;
  }
  return sum * std::sqrt(3.0);
}

// What a zone sees of a raised cosine of 1.25 zones' radius around the middle of another.
double Bump(int zone, int centre) {
  const double r = std::hypot(zone % kSide - centre % kSide, zone / kSide - centre / kSide) / 1.25;
  return r < 1 ? 0.5 * (1 + std::cos(3.14159265 * r)) : 0;
}

// Livers of different place, size and turn with the noise of 64 averaged frames; every eighth has a foreign body and a hollow.
std::array<quality::v1::Sample, kLivers> Livers(const AnalysisProfile& profile) {
  std::array<quality::v1::Sample, kLivers> samples;
  for (int k = 0; k < kLivers; ++k) {
    const Dome dome{0.5 * Noise(k), 0.5 * Noise(k + 100), 92 + 4 * Noise(k + 200), 46 + 2 * Noise(k + 300), 57 + 3 * Noise(k + 400),
                    0.78 + 0.2 * Noise(k + 500)};
    const ZoneMap heights = Rasterise(dome, profile.tof.grid);
    quality::v1::TofFrame* frame = samples[k].mutable_tof();
    for (int i = 0; i < kZones; ++i) {
      double height = heights[i] + 0.7 * Noise(1000 + k * kZones + i);
      if (k % 8 == 0) height += 18 * Bump(i, 19) - 15 * Bump(i, 36);
      frame->add_distance_mm(static_cast<float>(profile.tof.empty_distance_mm - height));
      frame->add_reflectance(static_cast<float>(55 + 4 * Noise(9000 + k * kZones + i)));
      frame->add_amplitude(2500);
      frame->add_target_status(5);
    }
    frame->set_frames_averaged(64);
    const TissueState tissue{0.85 + 0.05 * Noise(k + 600), 0.15 + 0.05 * Noise(k + 700), 0.85 + 0.05 * Noise(k + 800)};
    auto* c = samples[k].mutable_spectral()->mutable_channels();
    const auto count = [&](int i) { return std::round(4 * ModelCount(i, tissue) + 5 * Noise(20000 + k * kChannels + i)); };
    c->set_f1_415nm(count(0));
    c->set_f2_445nm(count(1));
    c->set_f3_480nm(count(2));
    c->set_f4_515nm(count(3));
    c->set_f5_555nm(count(4));
    c->set_f6_590nm(count(5));
    c->set_f7_630nm(count(6));
    c->set_f8_680nm(count(7));
    c->set_nir(count(8));
    c->set_clear(count(9));
    samples[k].mutable_spectral()->set_integration_time_ms(100);
    samples[k].mutable_spectral()->set_gain(4);
  }
  return samples;
}

const AnalysisBook& Book() {
  static const auto& book = *new AnalysisBook(*AnalysisBook::BuiltIn());
  return book;
}

const AnalysisProfile& Standard() { return Book().FindOrDefault("standard"); }

void BM_FindProfile(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Book().FindOrDefault("standard"));
}
BENCHMARK(BM_FindProfile);

void BM_MeasureTof(benchmark::State& state) {
  const auto livers = Livers(Standard());
  int i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(MeasureTof(livers[++i % kLivers].tof(), Standard().tof));
}
BENCHMARK(BM_MeasureTof);

void BM_MeasureSpectrum(benchmark::State& state) {
  const auto livers = Livers(Standard());
  int i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(MeasureSpectrum(livers[++i % kLivers].spectral(), Standard().spectral));
}
BENCHMARK(BM_MeasureSpectrum);

void BM_Recompute(benchmark::State& state) {
  const auto livers = Livers(Standard());
  int i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(Recompute(livers[++i % kLivers], Standard()));
}
BENCHMARK(BM_Recompute);

void BM_RecomputeAndExplain(benchmark::State& state) {
  auto livers = Livers(Standard());
  int i = 0;
  for (auto _ : state) {
    quality::v1::Sample& sample = livers[++i % kLivers];
    Explain(Recompute(sample, Standard()), Standard(), &sample);
  }
}
BENCHMARK(BM_RecomputeAndExplain);

}  // namespace
}  // namespace egi::analyse

BENCHMARK_MAIN();
