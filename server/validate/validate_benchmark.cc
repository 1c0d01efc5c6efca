// What stage 2 costs a sample: `bazel run -c opt //server/validate:validate_benchmark`.
#include "benchmark/benchmark.h"
#include "server/validate/good_items.h"
#include "server/validate/validate.h"

namespace egi::validate {
namespace {

void BM_ValidateGoodSample(benchmark::State& state) {
  const quality::v1::Sample sample = GoodSample();
  const absl::Time now = TestNow();
  for (auto _ : state) benchmark::DoNotOptimize(ValidateSample(sample, now));
}
BENCHMARK(BM_ValidateGoodSample);

void BM_NormaliseGoodSample(benchmark::State& state) {
  quality::v1::Sample sample = GoodSample();
  for (auto _ : state) {
    NormaliseSample(&sample);
    benchmark::DoNotOptimize(sample);
  }
}
BENCHMARK(BM_NormaliseGoodSample);

}  // namespace
}  // namespace egi::validate

BENCHMARK_MAIN();
