#include "server/analyse/recompute.h"

#include <cmath>
#include <string>

#include "gtest/gtest.h"
#include "server/analyse/profile_book.h"

namespace egi::analyse {
namespace {

const AnalysisProfile& Standard() {
  static const auto& book = *new AnalysisBook(*AnalysisBook::BuiltIn());
  return book.FindOrDefault("standard");
}

// A noiseless liver of 560 cm3 (530 g) and the counts of a fresh tissue at gain 4, 100 ms.
quality::v1::Sample Good() {
  quality::v1::Sample sample;
  const ZoneMap heights = Rasterise(Dome{0, 0, 94.4, 47.2, 60, 0.785}, Standard().tof.grid);
  for (const double height : heights) {
    sample.mutable_tof()->add_distance_mm(static_cast<float>(95 - height));
    sample.mutable_tof()->add_reflectance(55);
    sample.mutable_tof()->add_amplitude(2000);
    sample.mutable_tof()->add_target_status(5);
  }
  sample.mutable_tof()->set_frames_averaged(64);
  auto* c = sample.mutable_spectral()->mutable_channels();
  c->set_f1_415nm(1600), c->set_f2_445nm(2400), c->set_f3_480nm(2000), c->set_f4_515nm(7600), c->set_f5_555nm(3600);
  c->set_f6_590nm(2400), c->set_f7_630nm(4600), c->set_f8_680nm(3000), c->set_nir(2400), c->set_clear(26000);
  sample.mutable_spectral()->set_integration_time_ms(100);
  sample.mutable_spectral()->set_gain(4);
  return sample;
}

TEST(Recompute, SoundLiverIsAPlusWithItsMassAndColour) {
  const Analysis analysis = Recompute(Good(), Standard());
  EXPECT_STREQ(analysis.grade, "A+");
  EXPECT_TRUE(analysis.compliant);
  EXPECT_EQ(analysis.rejection, Rejection::kNone);
  EXPECT_NEAR(analysis.tof.mass_g, 530, 10);
  EXPECT_NEAR(analysis.spectral.colour.l, 70, 0.5);
  EXPECT_NEAR(analysis.spectral.colour.a, 5, 0.5);
  EXPECT_NEAR(analysis.spectral.colour.b, 20, 0.5);
  EXPECT_EQ(analysis.limiting, LimitingSensor::kNone);
  EXPECT_NEAR(analysis.score, 0.6 * analysis.tof.score + 0.4 * analysis.spectral.score, 1e-9);
}

TEST(Recompute, CriticalForeignBodyRejectsWhateverTheScore) {
  quality::v1::Sample sample = Good();
  sample.mutable_tof()->set_distance_mm(27, sample.tof().distance_mm(27) - 22);
  const Analysis analysis = Recompute(sample, Standard());
  EXPECT_EQ(analysis.rejection, Rejection::kForeignBody);
  EXPECT_STREQ(analysis.grade, "REJECT");
  EXPECT_GT(analysis.score, Standard().rules.grades.c);
}

TEST(Recompute, EmptyTrayIsRejectedByItsTofScore) {
  quality::v1::Sample sample = Good();
  for (int i = 0; i < kZones; ++i) sample.mutable_tof()->set_distance_mm(i, 95);
  const Analysis analysis = Recompute(sample, Standard());
  EXPECT_EQ(analysis.rejection, Rejection::kTofScore);
  EXPECT_EQ(analysis.tof.volume_mm3, 0);
}

TEST(Recompute, FewFramesLowerTheConfidenceAndNameTheSensor) {
  quality::v1::Sample sample = Good();
  const double before = Recompute(sample, Standard()).confidence;
  sample.mutable_tof()->set_frames_averaged(1);
  const Analysis analysis = Recompute(sample, Standard());
  EXPECT_LT(analysis.confidence, before / 2);
  EXPECT_EQ(std::string(NameOf(analysis.limiting)), "vl53l8ch");
  EXPECT_NEAR(analysis.tof.height_noise_mm, 5.6, 1e-9);  // DS13754: +-15 mm at 2.7 sigma
}

TEST(Recompute, SaturatedChannelsLowerTheConfidenceAndNameTheSensor) {
  quality::v1::Sample sample = Good();
  auto* c = sample.mutable_spectral()->mutable_channels();
  c->set_f4_515nm(35971), c->set_f7_630nm(35971), c->set_clear(35971);
  const Analysis analysis = Recompute(sample, Standard());
  EXPECT_EQ(std::string(NameOf(analysis.limiting)), "as7341");
}

TEST(Recompute, AMisplacedTrayIsLevelledAndTold) {
  quality::v1::Sample sample = Good();
  for (int i = 0; i < kZones; ++i) sample.mutable_tof()->set_distance_mm(i, sample.tof().distance_mm(i) + 2);
  const Analysis analysis = Recompute(sample, Standard());
  EXPECT_NEAR(analysis.tof.tray_offset_mm, 2, 0.05);
  EXPECT_NEAR(analysis.tof.mass_g, 530, 10);
}

TEST(Explain, BreakdownsAddUpAndTheFusionIsTheServers) {
  quality::v1::Sample sample = Good();
  sample.mutable_tof()->set_distance_mm(27, sample.tof().distance_mm(27) - 12);
  const Analysis analysis = Recompute(sample, Standard());
  Explain(analysis, Standard(), &sample);
  double tof = 0, spectral = 0;
  for (const auto& [key, value] : sample.tof_analysis().score_breakdown()) tof += value;
  for (const auto& [key, value] : sample.spectral_analysis().score_breakdown()) spectral += value;
  EXPECT_NEAR(tof, sample.tof_analysis().quality_score(), 1e-9);
  EXPECT_NEAR(spectral, sample.spectral_analysis().quality_score(), 1e-9);
  EXPECT_EQ(sample.fusion().final_score(), analysis.score);
  EXPECT_EQ(sample.fusion().final_grade(), analysis.grade);
}

}  // namespace
}  // namespace egi::analyse
