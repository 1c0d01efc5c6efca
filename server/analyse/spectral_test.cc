#include "server/analyse/spectral.h"

#include <array>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::analyse {
namespace {

using quality::v1::SpectralAnalysis;
using quality::v1::SpectralReading;
using ::testing::Contains;
using ::testing::Property;
using ::testing::SizeIs;

// Counts worked out by hand from the table of simulators.md section 5.1, order F1..F8, NIR, Clear, times 4 (gain 4, 100 ms).
constexpr std::array<double, kChannels> kFresh = {400 * 4,  600 * 4,  500 * 4, 1900 * 4, 900 * 4,
                                                  600 * 4, 1150 * 4, 750 * 4, 600 * 4,  6500 * 4};
// Freshness, oxidation and fat all 0.5, e.g. F1 = 400 * (1 - 0.2) * (1 - 0.15) = 272.
constexpr std::array<double, kChannels> kHalf = {272 * 4,   459 * 4,      472.5 * 4, 2194.5 * 4, 940.5 * 4,
                                                 581.4 * 4, 747.7875 * 4, 450 * 4,   677.25 * 4, 5260.9375 * 4};

SpectralReading ReadingOf(const std::array<double, kChannels>& c) {
  SpectralReading reading;
  auto* channels = reading.mutable_channels();
  channels->set_f1_415nm(c[0]);
  channels->set_f2_445nm(c[1]);
  channels->set_f3_480nm(c[2]);
  channels->set_f4_515nm(c[3]);
  channels->set_f5_555nm(c[4]);
  channels->set_f6_590nm(c[5]);
  channels->set_f7_630nm(c[6]);
  channels->set_f8_680nm(c[7]);
  channels->set_nir(c[8]);
  channels->set_clear(c[9]);
  reading.set_integration_time_ms(100);
  reading.set_gain(4);
  return reading;
}

TEST(InvertSpectrum, ReferenceCountsAreAFreshLiver) {
  double rms = 1;
  const TissueState state = InvertSpectrum(kFresh, &rms);
  EXPECT_NEAR(state.freshness, 1, 1e-6);
  EXPECT_NEAR(state.oxidation, 0, 1e-6);
  EXPECT_NEAR(state.fat, 1, 1e-6);
  EXPECT_NEAR(rms, 0, 1e-6);
}

TEST(InvertSpectrum, HalfwayCountsAreHalfway) {
  const TissueState state = InvertSpectrum(kHalf, nullptr);
  EXPECT_NEAR(state.freshness, 0.5, 1e-6);
  EXPECT_NEAR(state.oxidation, 0.5, 1e-6);
  EXPECT_NEAR(state.fat, 0.5, 1e-6);
}

TEST(InvertSpectrum, TemperatureAndAmbientLightDoNotMatter) {
  std::array<double, kChannels> counts = kHalf;
  for (double& count : counts) count *= 0.99;
  counts[kClear] += 4 * 140;
  const TissueState state = InvertSpectrum(counts, nullptr);
  EXPECT_NEAR(state.freshness, 0.5, 1e-6);
  EXPECT_NEAR(state.fat, 0.5, 1e-6);
}

TEST(AnalyseSpectrum, FreshLiverScoresOne) {
  const SpectralAnalysis analysis = AnalyseSpectrum(ReadingOf(kFresh));
  EXPECT_NEAR(analysis.quality_score(), 1, 1e-6);
  EXPECT_EQ(analysis.grade(), "A+");
  EXPECT_THAT(analysis.defects(), SizeIs(0));
  EXPECT_NEAR(analysis.details().fields().at("spectral_ratios").struct_value().fields().at("lipid").number_value(), 1.5, 1e-4);
  EXPECT_NEAR(analysis.color_uniformity(), 1, 1e-3);
}

TEST(AnalyseSpectrum, ComponentsAddUpToTheScore) {
  const SpectralAnalysis analysis = AnalyseSpectrum(ReadingOf(kHalf));
  double sum = 0;
  for (const auto& [key, value] : analysis.score_breakdown()) sum += value;
  EXPECT_NEAR(sum, analysis.quality_score(), 1e-12);
  EXPECT_NEAR(analysis.score_breakdown().at("freshness"), 0.175, 1e-6);  // 0.35 * 0.5
}

TEST(AnalyseSpectrum, RatioOutsideItsAcceptableRangeIsADefect) {
  const SpectralAnalysis analysis = AnalyseSpectrum(ReadingOf(kHalf));  // NIR / F1 = 2.49, acceptable up to 2.0
  EXPECT_THAT(analysis.defects(), Contains(Property(&quality::v1::Defect::type, "ratio_meat")));
}

TEST(AnalyseSpectrum, FullScaleOfTheConverterIsSaturation) {
  std::array<double, kChannels> counts = kFresh;
  counts[kClear] = 35971;  // 100 ms / 2.78 us
  EXPECT_THAT(AnalyseSpectrum(ReadingOf(counts)).defects(), Contains(Property(&quality::v1::Defect::type, "saturation")));
  counts[kClear] = 35970;
  EXPECT_THAT(AnalyseSpectrum(ReadingOf(counts)).defects(), SizeIs(0));
}

TEST(AnalyseSpectrum, DarknessIsAWeakSignalAndStaysFinite) {
  const SpectralAnalysis analysis = AnalyseSpectrum(ReadingOf({}));
  EXPECT_THAT(analysis.defects(), Contains(Property(&quality::v1::Defect::type, "weak_signal")));
  EXPECT_GE(analysis.quality_score(), 0);
  EXPECT_LE(analysis.quality_score(), 1);
}

}  // namespace
}  // namespace egi::analyse
