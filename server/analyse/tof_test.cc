#include "server/analyse/tof.h"

#include <cmath>
#include <numbers>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/dome.h"

namespace egi::analyse {
namespace {

using quality::v1::TofAnalysis;
using quality::v1::TofFrame;
using ::testing::SizeIs;

constexpr int kCentre = 3 * kSide + 3;

// A noiseless frame of heights above the tray, status 5, reflectance 55, strong signal.
TofFrame FrameOf(const ZoneMap& heights) {
  TofFrame frame;
  for (const double h : heights) {
    frame.add_distance_mm(static_cast<float>(95 - h));
    frame.add_reflectance(55);
    frame.add_amplitude(2000);
    frame.add_target_status(5);
  }
  frame.set_frames_averaged(64);
  return frame;
}

Dome Liver() { return Dome{0.4, -0.3, 90, 45, 58, std::numbers::pi / 5}; }  // 493 cm3

TofAnalysis Analyse(const TofFrame& frame, TofOptions options = {}) {
  options.expected_volume_mm3 = Liver().VolumeMm3();
  return AnalyseTof(frame, options);
}

double BreakdownSum(const TofAnalysis& analysis) {
  double sum = 0;
  for (const auto& [key, value] : analysis.score_breakdown()) sum += value;
  return sum;
}

TEST(Dome, VolumeIsTwoThirdsOfTheBoxOfAnEllipse) {
  EXPECT_NEAR((Dome{0, 0, 100, 50, 60, 0}).VolumeMm3(), 628318.5, 0.1);  // 2/3 * pi * 100 * 50 * 60
  EXPECT_DOUBLE_EQ((Dome{0, 0, 100, 50, 60, 0}).HeightAt(0, 0), 60);
  EXPECT_DOUBLE_EQ((Dome{0, 0, 100, 50, 60, 0}).HeightAt(60, 0), 48);  // 60 * sqrt(1 - 0.36)
  EXPECT_DOUBLE_EQ((Dome{0, 0, 100, 50, 60, 0}).HeightAt(0, 51), 0);
}

TEST(Dome, RasterKeepsTheVolume) {
  const ZoneGrid grid;
  double sum = 0;
  for (const double h : Rasterise(Liver(), grid)) sum += h * grid.AreaMm2();
  EXPECT_NEAR(sum / Liver().VolumeMm3(), 1, 0.005);
}

// Zones of a map that stand more than 3 mm out of the tray.
ZoneMask Standing(const ZoneMap& map) {
  ZoneMask mask = 0;
  for (int i = 0; i < kZones; ++i) {
    if (map[i] > 3) mask |= Bit(i);
  }
  return mask;
}

Dome Fit(const ZoneMap& map) { return FitDome(map, Standing(map), ~ZoneMask{0}, 0.7, {}).dome; }

TEST(Dome, FitFindsTheDomeBehindAMap) {
  const Dome fitted = Fit(Rasterise(Liver(), {}));
  EXPECT_NEAR(fitted.height, 58, 0.5);
  EXPECT_NEAR(fitted.x, 0.4, 0.3);
  EXPECT_NEAR(fitted.y, -0.3, 0.3);
  EXPECT_NEAR(fitted.a, 90, 1);
  EXPECT_NEAR(fitted.b, 45, 1);
  EXPECT_NEAR(fitted.angle, std::numbers::pi / 5, 0.02);
  EXPECT_NEAR(fitted.VolumeMm3() / Liver().VolumeMm3(), 1, 0.01);
}

TEST(Dome, FitIsNotBentByAForeignBody) {
  ZoneMap map = Rasterise(Liver(), {});
  map[kCentre] += 20;
  EXPECT_NEAR(Fit(map).height, 58, 1);
}

TEST(AnalyseTof, SoundLiverScoresHigh) {
  const TofAnalysis analysis = Analyse(FrameOf(Rasterise(Liver(), {})));
  EXPECT_NEAR(analysis.volume_mm3() / Liver().VolumeMm3(), 1, 0.08);  // the lowest zones of the rim are left out
  EXPECT_GT(analysis.surface_uniformity(), 0.9);
  EXPECT_THAT(analysis.defects(), SizeIs(0));
  EXPECT_GT(analysis.quality_score(), 0.95);
  EXPECT_EQ(analysis.grade(), "A+");
  EXPECT_LT(analysis.max_height_mm(), 58);
  EXPECT_GT(analysis.max_height_mm(), 50);
  EXPECT_GT(analysis.min_height_mm(), 3);
}

TEST(AnalyseTof, ComponentsAddUpToTheScore) {
  ZoneMap map = Rasterise(Liver(), {});
  map[kCentre] += 9;
  map[kCentre + 1] -= 4;
  const TofAnalysis analysis = Analyse(FrameOf(map));
  EXPECT_NEAR(BreakdownSum(analysis), analysis.quality_score(), 1e-12);
  EXPECT_THAT(analysis.score_breakdown(), SizeIs(5));
}

TEST(AnalyseTof, EmptyTrayHasNoProduct) {
  const TofAnalysis analysis = Analyse(FrameOf(ZoneMap{}));
  EXPECT_EQ(analysis.volume_mm3(), 0);
  EXPECT_EQ(analysis.quality_score(), 0);
  EXPECT_EQ(analysis.grade(), "REJECT");
}

TEST(AnalyseTof, BumpIsAForeignBodyAtItsZoneWithItsSeverity) {
  ZoneMap map = Rasterise(Liver(), {});
  map[kCentre] += 16.5;
  const TofAnalysis analysis = Analyse(FrameOf(map));
  ASSERT_THAT(analysis.defects(), SizeIs(1));
  EXPECT_EQ(analysis.defects(0).type(), "foreign_body");
  EXPECT_EQ(analysis.defects(0).x(), 3);
  EXPECT_EQ(analysis.defects(0).y(), 3);
  EXPECT_NEAR(analysis.defects(0).severity(), 16.5 / 22, 0.2);  // a single zone is narrower than the shapes looked for
}

TEST(AnalyseTof, HollowInsideIsADeformation) {
  ZoneMap map = Rasterise(Liver(), {});
  map[kCentre] -= 12;
  const TofAnalysis inside = Analyse(FrameOf(map));
  ASSERT_THAT(inside.defects(), SizeIs(1));
  EXPECT_EQ(inside.defects(0).type(), "surface_deformation");
}

TEST(AnalyseTof, DarkPatchIsAnOpticalInconsistency) {
  TofFrame frame = FrameOf(Rasterise(Liver(), {}));
  for (const int zone : {kCentre - 1, kCentre + 1, kCentre - kSide, kCentre + kSide}) frame.set_reflectance(zone, 40);
  frame.set_reflectance(kCentre, 35);
  const TofAnalysis analysis = Analyse(frame);
  ASSERT_THAT(analysis.defects(), SizeIs(1));
  EXPECT_EQ(analysis.defects(0).type(), "optical_inconsistency");
  EXPECT_EQ(analysis.defects(0).x(), 3);
  EXPECT_EQ(analysis.defects(0).y(), 3);
  EXPECT_NEAR(analysis.defects(0).severity(), 20.0 / 40, 0.1);
}

TEST(AnalyseTof, ZoneWithoutTargetTakesTheHeightOfItsNeighbours) {
  TofFrame frame = FrameOf(Rasterise(Liver(), {}));
  frame.set_distance_mm(kCentre, 0);
  frame.set_target_status(kCentre, 255);
  const TofAnalysis analysis = Analyse(frame);
  EXPECT_NEAR(analysis.volume_mm3() / Liver().VolumeMm3(), 1, 0.08);
  EXPECT_LT(analysis.score_breakdown().at("signal"), 0.1);
}

TEST(AnalyseTof, HalfOfTheExpectedVolumeLosesSixTenthsOfTheComponent) {
  TofOptions options;
  options.weights = {1, 0, 0, 0, 0};
  const TofFrame frame = FrameOf(Rasterise(Liver(), {}));
  options.expected_volume_mm3 = 2 * AnalyseTof(frame, options).volume_mm3();
  EXPECT_NEAR(AnalyseTof(frame, options).quality_score(), 0.4, 1e-9);
}

TEST(AnalyseTof, UniformityFallsWithRoughness) {
  double before = 1;
  for (const double rough : {1.5, 2.5, 4.0}) {
    ZoneMap map = Rasterise(Liver(), {});
    for (int i = 0; i < kZones; ++i) {
      if (map[i] > 15) map[i] += rough * ((i * 7) % 5 - 2) / std::sqrt(2.0);  // five levels of spread `rough`
    }
    const double uniformity = Analyse(FrameOf(map)).surface_uniformity();
    EXPECT_LT(uniformity, before) << rough;
    before = uniformity;
  }
}

}  // namespace
}  // namespace egi::analyse
