// The part's register-level facts (sensors.md section 2), written and read byte by byte without the driver.
#include "simulators/station/as7341/sensor.h"

#include <vector>

#include "gtest/gtest.h"

namespace egi::station::as7341 {
namespace {

class SensorTest : public ::testing::Test {
 protected:
  SensorTest() {
    for (size_t i = 0; i < kBands; ++i) light_.from_led[i] = 100.0 * static_cast<double>(i + 1);
    sensor_.Face(light_, Random(1));
  }

  void Write(uint8_t index, std::vector<uint8_t> bytes) {
    bytes.insert(bytes.begin(), index);
    sensor_.OnWrite(bytes.data(), bytes.size());
  }
  std::vector<uint8_t> Read(uint8_t index, size_t count) {
    sensor_.OnWrite(&index, 1);
    std::vector<uint8_t> bytes(count);
    sensor_.OnRead(bytes.data(), count);
    return bytes;
  }
  void Led(uint8_t value) {
    Write(0xA9, {0x10});
    Write(0x70, {0x08});
    Write(0x74, {value});
    Write(0xA9, {0x00});
  }
  // Connects a pass and integrates 100.08 ms (30 * 1200 steps).
  void Integrate(const SmuxMap& map, uint8_t gain, int atime = 29, int astep = 1199) {
    Write(0x80, {0x01});
    Write(0xAF, {0x10});
    Write(0x00, {map.begin(), map.end()});
    Write(0x80, {0x11});
    Write(0x81, {static_cast<uint8_t>(atime)});
    Write(0xCA, {static_cast<uint8_t>(astep), static_cast<uint8_t>(astep >> 8)});
    Write(0xAA, {gain});
    Write(0x80, {0x03});
    time_.Advance(absl::Microseconds((atime + 1) * (astep + 1) * 2.78));
  }
  std::vector<int> Data() {
    const std::vector<uint8_t> bytes = Read(0x94, 13);
    std::vector<int> data;
    for (size_t i = 1; i < 13; i += 2) data.push_back(bytes[i] | bytes[i + 1] << 8);
    return data;
  }

  i2c::VirtualTime time_;
  Sensor sensor_{{.noise_counts = 0, .noise_share = 0, .dark_counts = 0}, time_};
  Light light_;
};

TEST_F(SensorTest, IdentityIsNineInTheUpperSixBits) { EXPECT_EQ(Read(0x92, 1)[0] >> 2, 0b001001); }

TEST_F(SensorTest, GainRegisterIsNineAfterReset) { EXPECT_EQ(Read(0xAA, 1)[0], 9); }

TEST_F(SensorTest, TwoPassesShowTenChannels) {
  Led(0x88);  // 4 + 2 * 8 = 20 mA
  Integrate(kSmuxLow, 7);
  const double unit = 64 * 1.0008;
  std::vector<int> data = Data();
  const std::vector<int> low = {100, 200, 300, 400, 1000, 900};   // F1..F4, Clear, NIR
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(data[i], std::min(36000.0, low[i] * unit), 1) << i;
  Integrate(kSmuxHigh, 4);
  data = Data();
  const std::vector<int> high = {500, 600, 700, 800, 1000, 900};  // F5..F8, Clear, NIR
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(data[i], high[i] * 8 * 1.0008, 1) << i;
}

TEST_F(SensorTest, MatrixChangesOnlyWithItsWriteCommand) {
  Led(0x88);
  Integrate(kSmuxLow, 4);
  const std::vector<int> before = Data();
  Write(0x80, {0x01});
  Write(0xAF, {0x00});  // no command
  Write(0x00, {kSmuxHigh.begin(), kSmuxHigh.end()});
  Write(0x80, {0x11});
  Write(0x80, {0x03});
  time_.Advance(absl::Milliseconds(101));
  EXPECT_EQ(Data(), before);
}

TEST_F(SensorTest, GainCodesGiveTheTypicalRatios) {
  light_.from_led.fill(40);
  sensor_.Face(light_, Random(1));
  Led(0x88);
  for (const auto& [code, ratio] : std::vector<std::pair<uint8_t, double>>{{0, .008}, {3, .065}, {5, .25}, {7, 1}, {9, 3.95}, {10, 7.75}}) {
    Integrate(kSmuxLow, code);
    EXPECT_NEAR(Data()[0], 40 * 64 * ratio * 1.0008, 1) << int{code};
  }
}

TEST_F(SensorTest, DataIsValidAfterTheIntegrationOnly) {
  Led(0x88);
  Integrate(kSmuxLow, 4);
  EXPECT_EQ(Read(0xA3, 1)[0] & 0x40, 0x40);
  Write(0x80, {0x01});
  Write(0x80, {0x03});
  EXPECT_EQ(Read(0xA3, 1)[0] & 0x40, 0);
  time_.Advance(absl::Milliseconds(99));
  EXPECT_EQ(Read(0xA3, 1)[0] & 0x40, 0);
  time_.Advance(absl::Milliseconds(2));
  EXPECT_EQ(Read(0xA3, 1)[0] & 0x40, 0x40);
}

TEST_F(SensorTest, DataStaysLatchedUntilAStatusIsRead) {
  Led(0x88);
  Integrate(kSmuxLow, 4);
  const std::vector<uint8_t> first = Read(0x94, 13);
  light_.from_led.fill(1);
  sensor_.Face(light_, Random(2));
  Integrate(kSmuxLow, 4);
  EXPECT_EQ(Read(0x95, 12), std::vector<uint8_t>(first.begin() + 1, first.end()));
  EXPECT_NE(Read(0x94, 13), first);
}

TEST_F(SensorTest, FullScaleIsTheNumberOfStepsAndIsReportedAsSaturation) {
  EXPECT_EQ(FullScale(29, 599), 18000);
  EXPECT_EQ(FullScale(255, 65534), 65535);
  light_.from_led.fill(60000);
  sensor_.Face(light_, Random(1));
  Led(0x88);
  Integrate(kSmuxLow, 7, 29, 599);
  EXPECT_EQ(Read(0xA3, 1)[0], 0x40 | 0x10 | 0x08);
  EXPECT_EQ(Data(), std::vector<int>(6, 18000));
  EXPECT_EQ(Read(0x94, 1)[0] & 0x80, 0x80);
}

TEST_F(SensorTest, NoTimeAtAllIsForbidden) {
  Led(0x88);
  Integrate(kSmuxLow, 7, 0, 0);
  time_.Advance(absl::Seconds(1));
  EXPECT_EQ(Read(0xA3, 1)[0] & 0x40, 0);
}

TEST_F(SensorTest, LedFollowsItsCurrentAndItsBank) {
  Integrate(kSmuxLow, 7);
  EXPECT_EQ(Data()[0], 0);  // dark
  Write(0x74, {0x88});      // without REG_BANK nothing is written
  Integrate(kSmuxLow, 7);
  EXPECT_EQ(Data()[0], 0);
  Led(0x80 | 18);           // 40 mA
  Integrate(kSmuxLow, 7);
  EXPECT_NEAR(Data()[0], 2 * 100 * 64 * 1.0008, 1);
}

TEST(SensorNoise, DarkCountsStayBelowThreeAtTheHighestGain) {
  i2c::VirtualTime time;
  Sensor sensor({.noise_counts = 0, .noise_share = 0}, time);
  const auto write = [&sensor](std::vector<uint8_t> bytes) { sensor.OnWrite(bytes.data(), bytes.size()); };
  write({0x80, 0x01});
  write({0x81, 29});
  write({0xCA, 0x96, 0x04});  // 1175 steps: 98 ms
  write({0xAA, 10});
  write({0x80, 0x03});
  time.Advance(absl::Milliseconds(99));
  uint8_t index = 0x94;
  sensor.OnWrite(&index, 1);
  std::vector<uint8_t> bytes(13);
  sensor.OnRead(bytes.data(), bytes.size());
  for (size_t i = 1; i < 13; i += 2) EXPECT_LE(bytes[i] | bytes[i + 1] << 8, 3);
}

}  // namespace
}  // namespace egi::station::as7341
