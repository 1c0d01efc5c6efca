#include "simulators/station/scene.h"

#include <cmath>
#include <numbers>

#include "gtest/gtest.h"
#include "simulators/station/profile_loader.h"
#include "simulators/station/spectrum.h"

namespace egi::station {
namespace {

Profile Standard() { return *ProfileBook::BuiltIn()->Find(""); }

// A smooth liver of 530 g.
Liver Smooth(const Profile& profile) {
  Liver liver;
  liver.mass_g = 530;
  liver.volume_mm3 = 530 / kLiverDensity * 1000;
  liver.surface_uniformity = 1;
  liver.thickness_variation_mm = 0;
  liver.dome = SolveDome(profile, liver.volume_mm3, 1, 1, std::numbers::pi / 4);
  return liver;
}

TEST(SolveDome, LiverOfFiveHundredThirtyGramsIsSixtyMillimetresHigh) {
  const Profile profile = Standard();
  const analyse::Dome dome = SolveDome(profile, 530 / kLiverDensity * 1000, 1, 1, std::numbers::pi / 4);
  EXPECT_NEAR(dome.VolumeMm3(), 559662, 1);  // 530 g / 0.947 g/cm3
  EXPECT_NEAR(dome.height, 60, 1e-9);
  EXPECT_NEAR(dome.a / dome.b, 2, 1e-9);
}

TEST(SolveDome, SmallLiverIsLowerAndNeverBelowFortyFive) {
  const Profile profile = Standard();
  EXPECT_NEAR(SolveDome(profile, 378000, 1, 1, 0.5).height, 50, 0.1);  // 2/3 * pi * 85 * 42.5 * 50
  EXPECT_NEAR(SolveDome(profile, 200000, 1, 1, 0.5).height, 45, 1e-9);
}

TEST(SolveDome, HugeLiverStaysInTheTrayAndGrowsUpwards) {
  const Profile profile = Standard();
  const analyse::Dome dome = SolveDome(profile, 1000000, 1, 1, std::numbers::pi / 2);
  EXPECT_LE(dome.a, 87.0001);  // the tray is 180 mm wide, 3 mm are left on each side
  EXPECT_NEAR(dome.VolumeMm3(), 1000000, 1);
}

TEST(LookAt, EmptyTrayIsFlatAtNinetyFiveMillimetres) {
  Random random(1);
  const quality::v1::TofFrame frame = LookAt(std::nullopt, Standard(), random);
  ASSERT_EQ(frame.distance_mm_size(), 64);
  double sum = 0, squares = 0;
  for (const float d : frame.distance_mm()) {
    sum += d;
    squares += (d - 95.0) * (d - 95.0);
    EXPECT_EQ(d * 4, std::round(d * 4));  // the part tells quarters of a millimetre
  }
  EXPECT_NEAR(sum / 64, 95, 0.4);
  EXPECT_NEAR(std::sqrt(squares / 64), 0.7, 0.2);  // 5.6 mm / sqrt(64 frames)
}

TEST(LookAt, FewerFramesAreNoisier) {
  Profile profile = Standard();
  profile.frames_averaged = 4;
  Random random(1);
  const quality::v1::TofFrame frame = LookAt(std::nullopt, profile, random);
  double squares = 0;
  for (const float d : frame.distance_mm()) squares += (d - 95.0) * (d - 95.0);
  EXPECT_NEAR(std::sqrt(squares / 64), 2.8, 0.8);
}

TEST(LookAt, MeasuredVolumeAndHeightAreTheLivers) {
  const Profile profile = Standard();
  for (int seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const Liver liver = Smooth(profile);
    const quality::v1::TofAnalysis analysis = analyse::AnalyseTof(LookAt(liver, profile, random), profile.tof_analyser);
    EXPECT_NEAR(analysis.volume_mm3() / liver.volume_mm3, 1, 0.08) << seed;
    EXPECT_NEAR(analysis.details().fields().at("dome_height_mm").number_value(), 60, 3) << seed;
    EXPECT_GT(analysis.surface_uniformity(), 0.6) << seed;
  }
}

TEST(LookAt, FramesAreWithinTheRangesOfTheSensor) {
  const Profile profile = Standard();
  Random random(3);
  const quality::v1::TofFrame frame = LookAt(Smooth(profile), profile, random);
  for (int i = 0; i < 64; ++i) {
    EXPECT_GE(frame.distance_mm(i), 20);
    EXPECT_LE(frame.amplitude(i), 4095);
    EXPECT_GE(frame.amplitude(i), 0);
    EXPECT_GT(frame.reflectance(i), 30);
    EXPECT_LT(frame.reflectance(i), 100);
  }
}

TEST(ReadSpectrum, FreshLiverGivesFourTimesTheReferenceAtGainFour) {
  Profile profile = Standard();
  profile.noise_std = 0;
  Liver liver = Smooth(profile);
  liver.temperature_c = 25;
  liver.ambient_light = 100;
  Random random(1);
  const quality::v1::SpectralReading reading = ReadSpectrum(liver, profile, random);
  EXPECT_EQ(reading.channels().f1_415nm(), 1600);
  EXPECT_EQ(reading.channels().f4_515nm(), 7600);
  EXPECT_EQ(reading.channels().clear(), 26400);  // (6500 + 100 of ambient light) * 4
}

TEST(ReadSpectrum, CountsStopAtFullScale) {
  Profile profile = Standard();
  profile.gain = 64;
  Random random(1);
  EXPECT_EQ(ReadSpectrum(Smooth(profile), profile, random).channels().clear(), 35971);  // 100 ms / 2.78 us
}

}  // namespace
}  // namespace egi::station
