#include "server/gauge/check.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::gauge {
namespace {

using quality::v1::Calibration;
using quality::v1::GaugeCheck;
using quality::v1::RecordGaugeCheckRequest;
using ::testing::HasSubstr;

constexpr std::array<double, kChannels> kWhite = {400, 600, 500, 1900, 900, 600, 1150, 750, 6500, 600};

Calibration Calibrated() {
  Calibration calibration;
  calibration.set_calibration_id(3);
  *calibration.mutable_white_reference() = ChannelsOf(kWhite);
  return calibration;
}

// Three readings at gain 4 and 50 ms, each channel of each reading at `share(reading, channel)` of the reference.
template <typename Share>
RecordGaugeCheckRequest White(Share share) {
  RecordGaugeCheckRequest request;
  request.set_device_id("ESP32_LL_01");
  request.set_kind(kWhiteReference);
  for (int reading = 0; reading < 3; ++reading) {
    std::array<double, kChannels> counts = kWhite;
    for (int channel = 0; channel < kChannels; ++channel) counts[channel] *= share(reading, channel) * 4 * 0.5;
    auto* sent = request.add_readings();
    *sent->mutable_channels() = ChannelsOf(counts);
    sent->set_gain(4);
    sent->set_integration_time_ms(50);
  }
  return request;
}

RecordGaugeCheckRequest Golden(std::initializer_list<double> volumes) {
  RecordGaugeCheckRequest request;
  request.set_kind(kGoldenSample);
  request.set_reference_volume_mm3(500000);
  for (const double volume : volumes) request.add_volumes_mm3(volume);
  return request;
}

GaugeCheck Judged(const RecordGaugeCheckRequest& request) { return JudgeCheck(request, Calibrated(), {}, {}); }

TEST(GaugeCheck, WhiteReadingsAtTheReferencePassWhateverGainAndTime) {
  const GaugeCheck check = Judged(White([](int, int) { return 1.0; }));
  EXPECT_TRUE(check.passed()) << check.message();
  EXPECT_EQ(check.figures_size(), kChannels);
  EXPECT_EQ(check.readings(), 3);
  EXPECT_EQ(check.calibration_id(), 3);
  EXPECT_NEAR(check.deviation_pct(), 0, 1e-9);
  EXPECT_EQ(check.message(), "");
}

TEST(GaugeCheck, OneChannelOutsideItsToleranceFailsAndIsNamed) {
  const GaugeCheck check = Judged(White([](int, int channel) { return channel == 5 ? 1.06 : 1.0; }));
  EXPECT_FALSE(check.passed());
  EXPECT_THAT(check.message(), HasSubstr("F6_590nm is +6.0 % from its reference (tolerance 5 %)"));
  EXPECT_NEAR(check.deviation_pct(), 6.0 / 8, 1e-9);  // mean over F1..F8
}

TEST(GaugeCheck, ExactlyTheToleranceStillPasses) {
  EXPECT_TRUE(Judged(White([](int, int) { return 0.95; })).passed());
  EXPECT_FALSE(Judged(White([](int, int) { return 0.949; })).passed());
}

TEST(GaugeCheck, ReadingsThatScatterFailThoughTheirMeanIsRight) {
  const GaugeCheck check = Judged(White([](int reading, int channel) { return channel == 0 ? 1 + 0.03 * (reading - 1) : 1.0; }));
  EXPECT_FALSE(check.passed());
  EXPECT_NEAR(check.figures(0).repeatability_pct(), 3, 1e-9);  // standard deviation of -3, 0, +3
  EXPECT_THAT(check.message(), HasSubstr("F1_415nm scatters by 3.0 %"));
}

TEST(GaugeCheck, VolumesAreComparedWithTheTrueOne) {
  EXPECT_TRUE(Judged(Golden({510000, 512000, 508000})).passed());
  const GaugeCheck check = Judged(Golden({529000, 530000, 531000}));
  EXPECT_FALSE(check.passed());
  EXPECT_NEAR(check.deviation_pct(), 6, 1e-9);
}

TEST(GaugeCheck, DistanceOffsetChangesTheVolume) {
  quality::v1::TofFrame frame;
  for (int zone = 0; zone < 64; ++zone) {
    const double row = zone / 8 - 3.5, column = zone % 8 - 3.5;
    const double r2 = (row * row) / 9 + (column * column) / 9;
    frame.add_distance_mm(static_cast<float>(95 - (r2 < 1 ? 45 * std::sqrt(1 - r2) : 0)));
    frame.add_reflectance(55);
    frame.add_amplitude(300);
  }
  google::protobuf::RepeatedPtrField<quality::v1::TofFrame> frames;
  *frames.Add() = frame;
  const double plain = VolumesOf(frames, 0, {})[0];
  for (float& distance : *frames[0].mutable_distance_mm()) distance += 4;  // the sensor reads 4 mm too much
  EXPECT_GT(plain, 100000);
  EXPECT_NEAR(VolumesOf(frames, 4, {})[0], plain, plain * 1e-6);
  EXPECT_LT(VolumesOf(frames, 0, {})[0], plain * 0.95);
}

}  // namespace
}  // namespace egi::gauge
