#include "simulators/station/vl53l8ch/histogram.h"

#include <algorithm>
#include <numeric>

#include "gtest/gtest.h"

namespace egi::station::vl53l8ch {
namespace {

HistogramOptions Quiet() { return {.multi_echo_probability = 0, .noise_factor_low_reflectance = 0, .noise_factor_high_reflectance = 0}; }

size_t Fullest(const std::vector<double>& bins) { return static_cast<size_t>(std::max_element(bins.begin(), bins.end()) - bins.begin()); }

TEST(Histogram, FineBinsTellTheDistance) {
  Random random(1);
  for (const double distance : {40.0, 60.0, 95.0, 120.0}) {
    const auto bins = Histogram({.distance_mm = distance}, 128, 1.2, Quiet(), random);
    EXPECT_NEAR(static_cast<double>(Fullest(bins)) * 1.2, distance, 1.2);
  }
}

TEST(Histogram, NativeBinsPutTheWholeSceneIntoTheFirstOnes) {
  Random random(1);
  // simulators.md section 3.4: peaks of a 100 mm scene fall into bins 1 to 3 of 37.5 mm.
  EXPECT_EQ(Fullest(Histogram({.distance_mm = 40}, 18, 37.5348, Quiet(), random)), 1u);
  EXPECT_EQ(Fullest(Histogram({.distance_mm = 100}, 18, 37.5348, Quiet(), random)), 3u);
}

TEST(Histogram, NativePulseIsAboutTenBinsWide) {
  Random random(1);
  const auto bins = Histogram({.distance_mm = 340}, 18, 37.5348, Quiet(), random);
  const double half = *std::max_element(bins.begin(), bins.end()) / 2;
  const auto wide = std::count_if(bins.begin(), bins.end(), [half](double count) { return count >= half; });
  EXPECT_GE(wide, 7);  // full width at half maximum: 2.355 * 0.85 ns / 0.25 ns = 8 bins
  EXPECT_LE(wide, 9);
}

TEST(Histogram, DarkZoneIsWeakerAndForeignBodyAddsAPeakInFront) {
  Random random(1);
  const auto sound = Histogram({.distance_mm = 80, .reflectance_percent = 50}, 128, 1.2, Quiet(), random);
  const auto dark = Histogram({.distance_mm = 80, .reflectance_percent = 20}, 128, 1.2, Quiet(), random);
  EXPECT_LT(std::accumulate(dark.begin(), dark.end(), 0.0), 0.5 * std::accumulate(sound.begin(), sound.end(), 0.0));
  const auto foreign = Histogram({.distance_mm = 80, .foreign_body = true}, 128, 1.2, Quiet(), random);
  EXPECT_GT(foreign[Fullest(sound) - 10], 0.3 * foreign[Fullest(sound)]);
}

TEST(Histogram, SecondEchoesComeInEighteenPercentOfTheZones) {
  HistogramOptions options = Quiet();
  options.multi_echo_probability = 0.18;
  int echoes = 0;
  for (uint64_t i = 0; i < 2000; ++i) {
    double sums[2];
    for (const bool echo : {false, true}) {
      Random random(i);
      const auto bins = Histogram({.distance_mm = 80}, 128, 1.2, echo ? options : Quiet(), random);
      sums[echo] = std::accumulate(bins.begin(), bins.end(), 0.0);
    }
    echoes += sums[1] > 1.05 * sums[0];  // the weakest adds a tenth
  }
  EXPECT_NEAR(echoes, 360, 52);
}

TEST(Signal, FallsWithTheSquareOfTheDistance) {
  EXPECT_NEAR(SignalKcps({.distance_mm = 100, .reflectance_percent = 50}), 2400, 1e-9);
  EXPECT_NEAR(SignalKcps({.distance_mm = 200, .reflectance_percent = 50}), 600, 1e-9);
}

}  // namespace
}  // namespace egi::station::vl53l8ch
