#include <vector>

#include "gtest/gtest.h"
#include "server/analyse/liver_metrics.h"
#include "server/analyse/profile_book.h"
#include "server/analyse/series_metrics.h"

namespace egi::analyse {
namespace {

const AnalysisProfile& Standard() {
  static const auto& book = *new AnalysisBook(*AnalysisBook::BuiltIn());
  return book.FindOrDefault("standard");
}

Analysis Liver(double thickness, double crown) {
  Analysis analysis;
  analysis.grade = "B";
  analysis.compliant = true;
  analysis.score = 0.7;
  analysis.tof.zones = 25;
  analysis.tof.avg_height_mm = thickness;
  analysis.tof.max_height_mm = crown;
  analysis.tof.volume_mm3 = 560000;
  analysis.spectral.colour = {70, 5, 20};
  analysis.spectral.reflectance = {.21, .25, .30, .36, .39, .47, .525, .53};
  analysis.spectral.nir_reflectance = 0.45;
  return analysis;
}

TEST(LiverMetrics, ThicknessClassesAreThoseOfTheReferences) {
  EXPECT_STREQ(MetricsOf(Liver(45, 50), Standard()).thickness_category, "extra");
  EXPECT_STREQ(MetricsOf(Liver(44.9, 50), Standard()).thickness_category, "first");
  EXPECT_STREQ(MetricsOf(Liver(25, 50), Standard()).thickness_category, "second");
  EXPECT_STREQ(MetricsOf(Liver(24, 50), Standard()).thickness_category, "out_of_norm");
}

TEST(LiverMetrics, DimensionalScoreLosesTwentyWhenBadlyFilledAndFifteenWhenIrregular) {
  EXPECT_EQ(MetricsOf(Liver(46, 53), Standard()).dimensional_conformity_score, 100);
  EXPECT_EQ(MetricsOf(Liver(46, 54), Standard()).dimensional_conformity_score, 80);
  Analysis rough = Liver(36, 50);
  rough.tof.surface_rms_mm = 5.1;
  EXPECT_EQ(MetricsOf(rough, Standard()).dimensional_conformity_score, 75);
  EXPECT_TRUE(MetricsOf(rough, Standard()).is_irregular_lobe);
}

TEST(LiverMetrics, ReferenceColourIsExcellentAndFarOnesAreCritical) {
  Analysis liver = Liver(40, 50);
  EXPECT_EQ(MetricsOf(liver, Standard()).delta_e, 0);
  EXPECT_EQ(MetricsOf(liver, Standard()).color_score_premium, 100);
  EXPECT_NEAR(MetricsOf(liver, Standard()).color_conformity_percent, 100, 1e-9);
  liver.spectral.colour = {60, 5, 28.5};
  const LiverMetrics far = MetricsOf(liver, Standard());
  EXPECT_TRUE(far.has_critical_color_deviation);
  EXPECT_EQ(far.color_score_premium, 50);
  EXPECT_EQ(far.oxidation_severity, 1);  // b* is 8.5 off
  EXPECT_NEAR(far.color_conformity_percent, 100.0 / 3, 1e-9);
}

TEST(LiverMetrics, SoundLiverRaisesNoFlag) {
  const LiverMetrics m = MetricsOf(Liver(40, 50), Standard());
  EXPECT_EQ(m.hematoma_severity, 0);
  EXPECT_EQ(m.bile_severity, 0);
  EXPECT_FALSE(m.has_underfill);
  EXPECT_FALSE(m.has_oxidation_trend);
  EXPECT_EQ(m.defect_rate_percent, 0);
  EXPECT_NEAR(m.maturity_index, 0.525 / 0.45, 1e-9);
  EXPECT_STREQ(m.maturity_stage, "optimal");
  EXPECT_TRUE(m.is_downgraded);
  EXPECT_FALSE(m.is_rejected);
  EXPECT_NEAR(m.fat_content_percent, 56, 1e-9);  // 0.8 * 45 + 20
}

std::vector<SeriesPoint> RunOf(int n) {
  std::vector<SeriesPoint> run;
  for (int i = 0; i < n; ++i) {
    SeriesPoint point;
    point.hours = i * 0.1;
    point.score = 0.5 + 0.01 * i;
    point.thickness_mm = i % 2 == 0 ? 49 : 51;
    point.delta_e = i % 2 == 0 ? 1 : 3;
    point.freshness = 0.9 - 0.01 * point.hours;
    run.push_back(point);
  }
  return run;
}

TEST(SeriesMetrics, CapabilityIsToleranceOverSixSigma) {
  const SeriesMetrics m = MetricsOf(RunOf(100));
  // Fifty values of 49 and of 51: mean 50, sample standard deviation sqrt(100/99).
  const double sd = 1.0050378152592121;
  ASSERT_TRUE(m.cp);
  EXPECT_NEAR(*m.process_std, sd, 1e-12);
  EXPECT_NEAR(*m.cp, 10 / (6 * sd), 1e-12);
  EXPECT_NEAR(*m.cpk, 5 / (3 * sd), 1e-12);
  EXPECT_STREQ(m.process_capability, "capable");
  EXPECT_TRUE(*m.is_centered);
}

TEST(SeriesMetrics, NineSamplesAreTooFew) {
  const SeriesMetrics m = MetricsOf(RunOf(9));
  EXPECT_FALSE(m.cp);
  EXPECT_STREQ(m.process_capability, "unknown");
  EXPECT_FALSE(m.moving_avg_10);
  EXPECT_TRUE(MetricsOf(RunOf(10)).cp);
}

TEST(SeriesMetrics, AveragesAndSlopeAreThoseOfALine) {
  const SeriesMetrics m = MetricsOf(RunOf(50));
  EXPECT_NEAR(*m.moving_avg_10, 0.5 + 0.01 * 44.5, 1e-12);
  EXPECT_NEAR(*m.moving_avg_50, 0.5 + 0.01 * 24.5, 1e-12);
  EXPECT_NEAR(*m.slope, 1, 1e-9) << "0.01 a sample of a score 0..1";
  EXPECT_STREQ(m.trend, "rising");
  EXPECT_FALSE(MetricsOf(RunOf(19)).slope);
}

TEST(SeriesMetrics, SlopeThatChanceExplainsIsNoTrend) {
  std::vector<SeriesPoint> run = RunOf(20);
  for (size_t i = 0; i < run.size(); ++i) run[i].score = (i % 2 == 0 ? 0.6 : 0.8) + 0.002 * static_cast<double>(i);
  const SeriesMetrics m = MetricsOf(run);
  EXPECT_GT(*m.slope, 0.1);
  EXPECT_STREQ(m.trend, "stable");
}

TEST(SeriesMetrics, FreshnessLostPerHourGivesTheHoursLeft) {
  const SeriesMetrics m = MetricsOf(RunOf(20));
  EXPECT_NEAR(*m.degradation_per_hour, 0.01, 1e-9);
  EXPECT_NEAR(*m.shelf_life_hours, (0.9 - 0.01 * 0.95 - 0.5) / 0.01, 1e-6);
  EXPECT_STREQ(m.freshness_trend, "degrading");
}

TEST(SeriesMetrics, ColourSpreadIsACoefficientOfVariation) {
  const SeriesMetrics m = MetricsOf(RunOf(2));
  EXPECT_NEAR(*m.mean_delta_e, 2, 1e-12);
  EXPECT_NEAR(*m.colour_cv_percent, 70.710678, 1e-5);  // sqrt(2) / 2
  EXPECT_STREQ(m.colour_uniformity, "low");
}

TEST(SeriesMetrics, NoSamplesGiveNoFigures) {
  const SeriesMetrics m = MetricsOf(std::vector<SeriesPoint>{});
  EXPECT_EQ(m.samples, 0);
  EXPECT_FALSE(m.deviation_mm);
  EXPECT_FALSE(m.mean_delta_e);
}

}  // namespace
}  // namespace egi::analyse
