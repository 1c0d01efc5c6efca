#include "simulators/station/i2c/bus.h"

#include <array>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::station::i2c {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// 256 registers of one byte with an index that counts up.
class Memory : public Device {
 public:
  void OnWrite(const uint8_t* bytes, size_t count) override {
    at_ = bytes[0];
    for (size_t i = 1; i < count; ++i) cells_[at_++] = bytes[i];
  }
  void OnRead(uint8_t* bytes, size_t count) override {
    for (size_t i = 0; i < count; ++i) bytes[i] = cells_[at_++];
  }

 private:
  std::array<uint8_t, 256> cells_{};
  uint8_t at_ = 0;
};

class BusTest : public ::testing::Test {
 protected:
  VirtualTime time_;
  Bus bus_{{.nack_probability = 0}, time_};
  Memory tof_, colour_;
};

TEST_F(BusTest, ScanFindsTheDevicesByTheirSevenBitAddresses) {
  bus_.Attach(0x39, &colour_);
  bus_.Attach(0x29, &tof_);
  EXPECT_THAT(Scan(bus_), ElementsAre(0x29, 0x39));
}

TEST_F(BusTest, ScanSeesThroughDisturbances) {
  Bus bus({.nack_probability = 0.01}, time_);
  bus.Attach(0x29, &tof_);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    bus.Reseed(Random(seed));
    EXPECT_THAT(Scan(bus), ElementsAre(0x29));
  }
}

TEST_F(BusTest, BlocksAreWrittenAndReadBackFromTheIndex) {
  bus_.Attach(0x29, &tof_);
  const uint8_t block[] = {0x10, 1, 2, 3};
  ASSERT_TRUE(bus_.Write(0x29, block, 4).ok());
  const uint8_t index = 0x11;
  std::array<uint8_t, 2> read{};
  ASSERT_TRUE(bus_.WriteRead(0x29, &index, 1, read.data(), read.size()).ok());
  EXPECT_THAT(read, ElementsAre(2, 3));
}

TEST_F(BusTest, AbsentDeviceDoesNotAcknowledge) {
  const absl::Status status = bus_.Write(0x39, nullptr, 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("0x39"));
  EXPECT_EQ(bus_.nacks(), 1);
}

TEST_F(BusTest, OneTransferInAHundredIsRefusedAndNeverReachesTheDevice) {
  Bus bus({.nack_probability = 0.01}, time_);
  bus.Attach(0x29, &tof_);
  bus.Reseed(Random(1));
  int refused = 0;
  for (int i = 0; i < 100000; ++i) {
    uint8_t bytes[] = {0, static_cast<uint8_t>(i)};
    const uint8_t index = 0;
    if (bus.Write(0x29, bytes, 2).ok()) continue;
    ++refused;
    bus.SetNackProbability(0);
    uint8_t kept = 0;
    ASSERT_TRUE(bus.WriteRead(0x29, &index, 1, &kept, 1).ok());
    EXPECT_NE(kept, bytes[1]);
    bus.SetNackProbability(0.01);
  }
  EXPECT_NEAR(refused, 1000, 100);  // 3 standard deviations are 94
  EXPECT_EQ(bus.nacks(), refused);
}

TEST_F(BusTest, SameSeedDisturbsTheSameTransfers) {
  std::vector<bool> runs[2];
  for (auto& run : runs) {
    Bus bus({.nack_probability = 0.3}, time_);
    bus.Attach(0x29, &tof_);
    bus.Reseed(Random(9));
    for (int i = 0; i < 100; ++i) run.push_back(bus.Write(0x29, nullptr, 0).ok());
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST_F(BusTest, ByteTakesNineBitsAtFourHundredKilohertz) {
  bus_.Attach(0x29, &tof_);
  const std::vector<uint8_t> block(1000);
  ASSERT_TRUE(bus_.Write(0x29, block.data(), block.size()).ok());
  EXPECT_EQ(time_.now(), absl::Microseconds(22522.5));  // 1001 bytes with the address
}

}  // namespace
}  // namespace egi::station::i2c
