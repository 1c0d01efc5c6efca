#include "server/ingest/decode.h"

#include "gtest/gtest.h"

namespace egi::ingest {
namespace {

std::string SampleBytes() {
  quality::v1::Sample sample;
  sample.set_sample_id("S-1");
  sample.set_device_id("ESP32_LL_01");
  sample.set_location("abattoir");
  return sample.SerializeAsString();
}

TEST(DecodeTest, GoodSampleIsReadWhole) {
  quality::v1::Sample sample;
  EXPECT_TRUE(DecodeSample(SampleBytes(), &sample).ok());
  EXPECT_EQ(sample.location(), "abattoir");
}

TEST(DecodeTest, HalfUtf8SequenceIsRefusedAndIdentityKept) {
  std::string bytes = SampleBytes();
  bytes[bytes.find("abattoir") + 7] = '\xC3';
  quality::v1::Sample sample;
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeSample(bytes, &sample)));
  EXPECT_EQ(sample.sample_id(), "S-1");
  EXPECT_EQ(sample.device_id(), "ESP32_LL_01");
  EXPECT_EQ(sample.location(), "");
}

TEST(DecodeTest, IdentityThatIsNotTextIsDropped) {
  std::string bytes = SampleBytes();
  bytes[bytes.find("S-1")] = '\xFF';
  quality::v1::Sample sample;
  EXPECT_FALSE(DecodeSample(bytes, &sample).ok());
  EXPECT_EQ(sample.sample_id(), "");
}

TEST(DecodeTest, OversizedSampleIsRefusedAndIdentityKept) {
  quality::v1::Sample sample;
  ASSERT_TRUE(sample.ParseFromString(SampleBytes()));
  sample.set_location(std::string(kMaxItemBytes, 'x'));
  quality::v1::Sample read;
  const absl::Status status = DecodeSample(sample.SerializeAsString(), &read);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(read.sample_id(), "S-1");
  EXPECT_EQ(read.location(), "");
}

TEST(DecodeTest, TruncatedMealIsRefused) {
  feeding::v1::Meal meal;
  meal.set_code_lot("LL0112503");
  meal.set_dose_reelle(240);
  std::string bytes = meal.SerializeAsString();
  bytes.pop_back();
  feeding::v1::Meal read;
  EXPECT_FALSE(DecodeMeal(bytes, &read).ok());
  EXPECT_EQ(read.code_lot(), "LL0112503");
  EXPECT_FALSE(read.has_dose_reelle());
}

}  // namespace
}  // namespace egi::ingest
