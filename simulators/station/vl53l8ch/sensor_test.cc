// The part's register-level facts (sensors.md section 1), written and read byte by byte without the driver.
#include "simulators/station/vl53l8ch/sensor.h"

#include <array>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"
#include "simulators/station/vl53l8ch/frame_writer.h"

namespace egi::station::vl53l8ch {
namespace {

class SensorTest : public ::testing::Test {
 protected:
  SensorTest() {
    for (ZoneTarget& zone : target_.zones) zone = {.distance_mm = 100, .reflectance_percent = 50, .ambient_kcps = 120};
    sensor_.Face(target_, Random(1));
  }

  void Write(uint16_t index, std::vector<uint8_t> bytes) {
    bytes.insert(bytes.begin(), {static_cast<uint8_t>(index >> 8), static_cast<uint8_t>(index)});
    sensor_.OnWrite(bytes.data(), bytes.size());
  }
  std::vector<uint8_t> Read(uint16_t index, size_t count) {
    const std::array<uint8_t, 2> at = {static_cast<uint8_t>(index >> 8), static_cast<uint8_t>(index)};
    sensor_.OnWrite(at.data(), 2);
    std::vector<uint8_t> bytes(count);
    sensor_.OnRead(bytes.data(), count);
    return bytes;
  }

  // Downloads an image whose words add up to 0, or not.
  void Download(bool good, int pages = 3) {
    for (int i = 0; i < pages; ++i) {
      Write(0x7FFF, {static_cast<uint8_t>(9 + i)});
      std::vector<uint8_t> page(i < 2 ? 0x8000 : 0x5000);
      if (!good) page[100] = 1;
      Write(0, page);
    }
    Write(0x7FFF, {0});
    Write(0x0B, {0x01});
    time_.Advance(absl::Milliseconds(100));
  }
  void Boot() {
    Write(0x7FFF, {0});
    Write(0x0B, {0x00});
    Download(true);
    Write(0x7FFF, {2});
    Write(0x2FD8, std::vector<uint8_t>(40));
    time_.Advance(absl::Milliseconds(5));
    const std::vector<uint8_t> nvm = Read(0x2C04, 492);
    Write(0x2E18, {nvm.begin(), nvm.begin() + 488});
    Write(0x2CF8, std::vector<uint8_t>(776));
    Write(0x2C34, std::vector<uint8_t>(972));
  }
  void Start() {
    // Item 0x5458: 15 frames a second; words reversed.
    Write(0x2FFF - 15, {0x54, 0x58, 0x00, 0x40, 0, 0, 15, 0, 0, 0, 0, 0x0F, 0x05, 0x01, 0, 0x0C});
    Write(0x7FFF, {0});
    Write(0x09, {0x05});
    Write(0x7FFF, {2});
    Write(0x2FFC, {0x00, 0x03, 0x00, 0x00});
    time_.Advance(absl::Milliseconds(5));
  }
  // Bytes of a block of a frame, by its index.
  static std::vector<uint8_t> Block(std::vector<uint8_t> frame, uint16_t wanted) {
    SwapWords(frame.data(), frame.size());
    for (size_t at = 16; at + 4 < frame.size();) {
      uint32_t header;
      std::memcpy(&header, &frame[at], 4);
      const size_t type = header & 0xF, size = header >> 4 & 0xFFF, length = type > 1 && type < 13 ? type * size : size;
      if (header >> 16 == wanted) return {frame.begin() + static_cast<std::ptrdiff_t>(at) + 4, frame.begin() + static_cast<std::ptrdiff_t>(at + 4 + length)};
      at += 4 + length;
    }
    return {};
  }

  i2c::VirtualTime time_;
  Sensor sensor_{{.frame_sigma_mm = 0, .signal_sigma_kcps = 0}, time_};
  Target target_;
};

TEST_F(SensorTest, IdentityIsThatOfTheL8) {
  Write(0x7FFF, {0});
  EXPECT_EQ(Read(0x00, 2), (std::vector<uint8_t>{0xF0, 0x0C}));
}

TEST_F(SensorTest, BootsOnlyWithTheWholeFirmware) {
  Write(0x0B, {0x00});
  Download(true, 2);
  EXPECT_FALSE(sensor_.booted());
  EXPECT_EQ(Read(0x06, 2), (std::vector<uint8_t>{0, 0}));
  Download(true);
  EXPECT_TRUE(sensor_.booted());
  EXPECT_EQ(Read(0x06, 2), (std::vector<uint8_t>{0x80, 0x01}));
}

TEST_F(SensorTest, DamagedFirmwareDoesNotBoot) {
  Write(0x0B, {0x00});
  Download(false);
  EXPECT_FALSE(sensor_.booted());
}

TEST_F(SensorTest, DoesNotRangeBeforeItIsConfigured) {
  Write(0x0B, {0x00});
  Download(true);
  Write(0x7FFF, {2});
  Start();
  EXPECT_FALSE(sensor_.ranging());
  EXPECT_NE(Read(0x2C00, 4)[2], 0);  // an error
}

TEST_F(SensorTest, StreamCountChangesFifteenTimesASecond) {
  Boot();
  Start();
  ASSERT_TRUE(sensor_.ranging());
  EXPECT_EQ(Read(0x0000, 1)[0], 255);  // no frame yet
  time_.Advance(absl::Milliseconds(70));
  const std::vector<uint8_t> ready = Read(0x0000, 4);
  EXPECT_EQ(ready, (std::vector<uint8_t>{0, 0x05, 0x05, 0x10}));
  time_.Advance(absl::Seconds(1));
  EXPECT_EQ(Read(0x0000, 1)[0], 15);
}

TEST_F(SensorTest, FiguresStandInTheirBlocksWithTheirSteps) {
  target_.zones[0].distance_mm = 60.5;
  sensor_.Face(target_, Random(1));
  Boot();
  Start();
  time_.Advance(absl::Milliseconds(70));
  const std::vector<uint8_t> frame = Read(0x0000, kFrameBytes);
  EXPECT_EQ(frame[0], 0);
  const std::vector<uint8_t> distance = Block(frame, 0xDF44);
  ASSERT_EQ(distance.size(), 128u);
  EXPECT_EQ(distance[0] | distance[1] << 8, 400);    // 100 mm in quarters
  EXPECT_EQ(distance[126] | distance[127] << 8, 242);  // the lens shows the first zone last
  const std::vector<uint8_t> reflectance = Block(frame, 0xE044);
  EXPECT_EQ(reflectance[5], 100);                    // 50 % in halves
  const std::vector<uint8_t> signal = Block(frame, 0xDBC4);
  uint32_t word;
  std::memcpy(&word, signal.data(), 4);
  EXPECT_EQ(word, 2400u * 2048);                     // kcps/SPAD
  std::memcpy(&word, Block(frame, 0x54D0).data(), 4);
  EXPECT_EQ(word, 120u * 2048);
  EXPECT_EQ(Block(frame, 0xDB84)[0], 1);             // one target
  EXPECT_EQ(Block(frame, 0x55D0).size(), 256u);      // SPADs
  EXPECT_EQ(Block(frame, 0xDEC4).size(), 128u);      // sigma
}

TEST_F(SensorTest, ZoneWithoutSignalHasNoTarget) {
  target_.zones[63] = {.distance_mm = 3000, .reflectance_percent = 5};
  sensor_.Face(target_, Random(1));
  Boot();
  Start();
  time_.Advance(absl::Milliseconds(70));
  const std::vector<uint8_t> frame = Read(0x0000, kFrameBytes);
  EXPECT_EQ(Block(frame, 0xE084)[0], 255);
  EXPECT_EQ(Block(frame, 0xDB84)[0], 0);
}

TEST_F(SensorTest, WithoutTheFactorysOffsetsDistancesAreWrong) {
  Boot();
  Write(0x2E18, std::vector<uint8_t>(488));
  Start();
  time_.Advance(absl::Milliseconds(70));
  const std::vector<uint8_t> distance = Block(Read(0x0000, kFrameBytes), 0xDF44);
  EXPECT_GT(distance[0] | distance[1] << 8, 440);
}

TEST_F(SensorTest, FrameOfOneStreamCountIsReadTwiceAlike) {
  Boot();
  Start();
  time_.Advance(absl::Milliseconds(70));
  EXPECT_EQ(Read(0x0000, kFrameBytes), Read(0x0000, kFrameBytes));
}

}  // namespace
}  // namespace egi::station::vl53l8ch
