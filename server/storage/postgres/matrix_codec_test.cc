#include "server/storage/postgres/matrix_codec.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "gtest/gtest.h"

namespace egi::storage {
namespace {

void ExpectRoundTrip(const float* cells, MatrixEncoding expected) {
  std::string packed;
  PackMatrix(cells, &packed);
  EXPECT_EQ(packed[0], static_cast<char>(expected));
  float back[kMatrixCells];
  ASSERT_TRUE(UnpackMatrix(packed, back).ok());
  EXPECT_EQ(std::memcmp(cells, back, sizeof(back)), 0);
}

TEST(MatrixCodecTest, SmallestLosslessEncodingIsChosen) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    float bytes[64], words[64], quarters[64], tenths[64], floats[64];
    for (int i = 0; i < 64; ++i) {
      bytes[i] = static_cast<float>(random() % 256);
      words[i] = static_cast<float>(random() % 65536);
      quarters[i] = static_cast<float>(random() % 65536) / 4.0f;
      tenths[i] = static_cast<float>((random() % 65536) / 10.0);
      floats[i] = std::ldexp(static_cast<float>(random()), static_cast<int>(random() % 200) - 130);
    }
    words[0] = 256, quarters[0] = 0.25f, tenths[0] = 0.1f, floats[0] = -1.5f;
    ExpectRoundTrip(bytes, MatrixEncoding::kUint8);
    ExpectRoundTrip(words, MatrixEncoding::kUint16);
    ExpectRoundTrip(quarters, MatrixEncoding::kQuarter);
    ExpectRoundTrip(tenths, MatrixEncoding::kTenth);
    ExpectRoundTrip(floats, MatrixEncoding::kFloat32);
  }
}

TEST(MatrixCodecTest, OddFloatsComeBackBitByBit) {
  for (const float odd : {-0.0f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 65536.0f,
                          std::numeric_limits<float>::denorm_min(), 16383.8f, 0.3f * 3}) {
    float cells[64] = {};
    cells[63] = odd;
    std::string packed;
    PackMatrix(cells, &packed);
    float back[64];
    ASSERT_TRUE(UnpackMatrix(packed, back).ok());
    EXPECT_EQ(std::memcmp(cells, back, sizeof(back)), 0) << odd;
  }
}

TEST(MatrixCodecTest, DamagedBytesAreDataLoss) {
  float cells[64];
  EXPECT_EQ(UnpackMatrix("", cells).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(UnpackMatrix(std::string(65, '\0'), cells).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(UnpackMatrix(std::string(64, '\1'), cells).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(UnpackMatrix(std::string(129, '\6'), cells).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace egi::storage
