#include "simulators/station/twin.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "gtest/gtest.h"
#include "server/analyse/spectral.h"
#include "server/analyse/tof.h"
#include "simulators/station/inspection.h"
#include "simulators/station/profile_loader.h"
#include "simulators/station/scene.h"

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

// One measurement by fresh hardware.
firmware::Reading Measure(const std::optional<Liver>& liver, const Profile& profile, uint64_t seed, const HardwareState& hardware = {},
                          firmware::Settings settings = {}) {
  Twin twin(hardware);
  EXPECT_TRUE(twin.Boot().ok());
  const auto reading = twin.Measure(liver, profile, settings, Random(seed));
  EXPECT_TRUE(reading.ok()) << reading.status();
  return *reading;
}

double MeanDistance(const quality::v1::TofFrame& frame) {
  double sum = 0;
  for (const float d : frame.distance_mm()) sum += d / 64;
  return sum;
}

double Spread(const quality::v1::TofFrame& frame, double mean) {
  double squares = 0;
  for (const float d : frame.distance_mm()) squares += (d - mean) * (d - mean);
  return std::sqrt(squares / 64);
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

TEST(Twin, EmptyTrayIsFlatAtNinetyFiveMillimetres) {
  const quality::v1::TofFrame frame = Measure(std::nullopt, Standard(), 1).tof;
  ASSERT_EQ(frame.distance_mm_size(), 64);
  for (const float d : frame.distance_mm()) EXPECT_EQ(d * 4, std::round(d * 4));  // the part tells quarters of a millimetre
  EXPECT_NEAR(MeanDistance(frame), 95, 0.4);
  EXPECT_NEAR(Spread(frame, 95), 0.72, 0.2);  // 5.6 mm * 1.05 of light / sqrt(64 frames)
  EXPECT_EQ(frame.frames_averaged(), 64);
  EXPECT_EQ(frame.integration_time_ms(), 50);
}

TEST(Twin, FewerFramesAreNoisier) {
  firmware::Settings settings;
  settings.frames_averaged = 4;
  EXPECT_NEAR(Spread(Measure(std::nullopt, Standard(), 1, {}, settings).tof, 95), 2.9, 0.8);
}

TEST(Twin, MeasuredVolumeAndHeightAreTheLivers) {
  const Profile profile = Standard();
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Liver liver = Smooth(profile);
    const quality::v1::TofAnalysis analysis = analyse::AnalyseTof(Measure(liver, profile, seed).tof, profile.tof_analyser);
    EXPECT_NEAR(analysis.volume_mm3() / liver.volume_mm3, 1, 0.08) << seed;
    EXPECT_NEAR(analysis.details().fields().at("dome_height_mm").number_value(), 60, 3) << seed;
    EXPECT_GT(analysis.surface_uniformity(), 0.6) << seed;
  }
}

TEST(Twin, FramesAreWithinTheRangesOfTheSensor) {
  const Profile profile = Standard();
  const quality::v1::TofFrame frame = Measure(Smooth(profile), profile, 3).tof;
  for (int i = 0; i < 64; ++i) {
    EXPECT_GE(frame.distance_mm(i), 20);
    EXPECT_LE(frame.amplitude(i), 4095);
    EXPECT_GE(frame.amplitude(i), 0);
    EXPECT_GT(frame.reflectance(i), 30);
    EXPECT_LT(frame.reflectance(i), 100);
  }
}

TEST(Twin, LiverLiesTheRightWayRoundAlthoughTheLensTurnsThePicture) {
  Profile profile = Standard();
  profile.foreign_body = FixedBump{.row = 2, .column = 4, .radius = 1.5, .change_mm = -20};
  Liver liver = Smooth(profile);
  const quality::v1::TofFrame plain = Measure(liver, profile, 1).tof;
  liver.defects.push_back({.x = 0.5 * 37.5, .y = -1.5 * 22.5, .radius_x = 56, .radius_y = 34, .change_mm = -20});  // zone row 2, column 4
  const quality::v1::TofFrame bumped = Measure(liver, profile, 1).tof;
  EXPECT_NEAR(plain.distance_mm(2 * 8 + 4) - bumped.distance_mm(2 * 8 + 4), 14, 3);
  EXPECT_NEAR(plain.distance_mm(5 * 8 + 3) - bumped.distance_mm(5 * 8 + 3), 0, 3);
}

TEST(Twin, MoreAmbientLightIsNoisier) {
  const Profile profile = Standard();
  double spread[2] = {0, 0};
  for (uint64_t seed = 0; seed < 10; ++seed) {
    for (const int bright : {0, 1}) {
      Liver liver = Smooth(profile);
      const quality::v1::TofFrame reference = Measure(liver, profile, seed + 100).tof;
      liver.ambient_light = bright ? 2000 : 100;  // 5 klx
      const quality::v1::TofFrame frame = Measure(liver, profile, seed).tof;
      for (int i = 0; i < 64; ++i) spread[bright] += std::pow(frame.distance_mm(i) - reference.distance_mm(i), 2);
    }
  }
  EXPECT_NEAR(std::sqrt(spread[1] / spread[0]), 1.4, 0.25);  // 1.8 times against itself: sqrt((1.8^2 + 1) / 2 / 1.1)
}

TEST(Twin, FreshLiverGivesTheReferenceTimesTheTypicalGain) {
  Profile profile = Standard();
  profile.noise_std = 0;
  Liver liver = Smooth(profile);
  liver.temperature_c = 25;
  liver.ambient_light = 100;
  const quality::v1::SpectralReading reading = Measure(liver, profile, 1).spectral;
  // Gain 4 gives 0.065 of that at 64, so 4.16; 36000 steps of 2.78 us are 100.08 ms.
  EXPECT_NEAR(reading.channels().f1_415nm(), 400 * 4.16 * 1.0008, 4);
  EXPECT_NEAR(reading.channels().f4_515nm(), 1900 * 4.16 * 1.0008, 4);
  EXPECT_NEAR(reading.channels().clear(), 6600 * 4.16 * 1.0008, 4);  // 6500 and 100 of ambient light
  EXPECT_EQ(reading.gain(), 4);
  EXPECT_EQ(reading.integration_time_ms(), 100);
}

TEST(Twin, WarmerLiverGivesOneThousandthMorePerDegree) {
  Profile profile = Standard();
  profile.noise_std = 0;
  Liver liver = Smooth(profile);
  liver.temperature_c = 20;
  const double cold = Measure(liver, profile, 1).spectral.channels().f4_515nm();
  liver.temperature_c = 30;
  EXPECT_NEAR(Measure(liver, profile, 1).spectral.channels().f4_515nm() / cold, 1.005 / 0.995, 0.001);
}

TEST(Twin, SaturatedReadingIsTakenAgainWithLessGain) {
  const Profile profile = Standard();
  firmware::Settings settings;
  settings.spectral_gain = 64;
  const firmware::Reading reading = Measure(Smooth(profile), profile, 1, {}, settings);
  EXPECT_EQ(reading.spectral.gain(), 4);  // at 8 Clear would exceed the 36000 steps of 100 ms
  EXPECT_EQ(reading.spectral_attempts, 5);
  EXPECT_FALSE(reading.saturated);
  EXPECT_LT(reading.spectral.channels().clear(), 35971);
}

TEST(Twin, DriftedHardwareShowsInItsReadingsAndAnOffsetCorrectsIt) {
  const Profile profile = Standard();
  firmware::Settings settings;
  EXPECT_NEAR(MeanDistance(Measure(std::nullopt, profile, 1, {.tof_bias_mm = 3}, settings).tof), 98, 0.4);
  settings.distance_offset_mm = 3;
  EXPECT_NEAR(MeanDistance(Measure(std::nullopt, profile, 1, {.tof_bias_mm = 3}, settings).tof), 95, 0.4);
  const double aged = Measure(Smooth(profile), profile, 1, {.lamp = 0.8}).spectral.channels().f4_515nm();
  EXPECT_NEAR(aged / Measure(Smooth(profile), profile, 1).spectral.channels().f4_515nm(), 0.8, 0.01);
}

TEST(Twin, MeasurementDoesNotDependOnThoseBeforeIt) {
  const Profile profile = Standard();
  Twin twin({});
  ASSERT_TRUE(twin.Boot().ok());
  for (int64_t index = 1; index <= 5; ++index) {
    const Subject subject = DrawSubject(profile, {}, "ESP32_LL_01", 7, index);
    const auto reading = twin.Measure(subject.liver, profile, SettingsOf(profile), subject.noise);
    ASSERT_TRUE(reading.ok());
    const auto sample = MeasureLiver({"ESP32_LL_01", "Ligne A"}, profile, {}, 7, index, "S-1", absl::UnixEpoch());
    EXPECT_EQ(reading->tof.SerializeAsString(), sample.tof().SerializeAsString());
    EXPECT_EQ(reading->spectral.SerializeAsString(), sample.spectral().SerializeAsString());
  }
  EXPECT_GT(twin.nacks(), 0);
  EXPECT_EQ(twin.acquisition_failures(), 0);
}

TEST(Twin, NacksAreOneInAHundredTransfersAndDoNotChangeWhatIsMeasured) {
  const Profile profile = Standard();
  const firmware::Reading disturbed = Measure(Smooth(profile), profile, 1);
  const firmware::Reading sound = Measure(Smooth(profile), profile, 1, {.nack_probability = 0});
  EXPECT_EQ(disturbed.tof.SerializeAsString(), sound.tof.SerializeAsString());
  EXPECT_EQ(disturbed.spectral.SerializeAsString(), sound.spectral.SerializeAsString());
}

TEST(Twin, MissingPartIsNamedAtBootAndCountedInAMeasurement) {
  Twin unplugged({});
  unplugged.Detach(0x39);
  EXPECT_EQ(unplugged.Boot().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(std::string(unplugged.Boot().message()).find("AS7341"), std::string::npos);

  const Profile profile = Standard();
  Twin twin({});
  ASSERT_TRUE(twin.Boot().ok());
  twin.Detach(0x29);
  EXPECT_FALSE(twin.Measure(Smooth(profile), profile, SettingsOf(profile), Random(1)).ok());
  EXPECT_EQ(twin.acquisition_failures(), 1);
}

TEST(Twin, MeasurementTakesTheTimeOfItsFrames) {
  const Profile profile = Standard();
  Twin twin({.nack_probability = 0});
  ASSERT_TRUE(twin.Boot().ok());
  EXPECT_GT(twin.uptime(), absl::Seconds(1.9));  // 84 KiB at 400 kHz
  const absl::Duration before = twin.uptime();
  ASSERT_TRUE(twin.Measure(Smooth(profile), profile, SettingsOf(profile), Random(1)).ok());
  EXPECT_GT(twin.uptime() - before, absl::Seconds(64 / 15.0));
  EXPECT_LT(twin.uptime() - before, absl::Seconds(8));
}

TEST(Twin, HistogramsTellTheDistanceInFineBins) {
  const Profile profile = Standard();
  const firmware::Reading reading = Measure(std::nullopt, profile, 1);
  ASSERT_EQ(reading.histograms.size(), 64u);
  for (const auto& histogram : reading.histograms) {
    ASSERT_EQ(histogram.size(), 128u);
    const auto fullest = std::max_element(histogram.begin(), histogram.end()) - histogram.begin();
    EXPECT_NEAR(static_cast<double>(fullest) * 1.2, 95, 12);  // a second echo may add to its slope
  }
}

}  // namespace
}  // namespace egi::station
