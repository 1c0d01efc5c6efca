#include "server/publish/resume_token.h"

#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace egi::publish {
namespace {

ResumePoint At(int64_t seq, int32_t index) { return {{seq, index}, absl::FromUnixSeconds(1'700'000'000)}; }

TEST(ResumeTokenTest, RoundTripKeepsThePoint) {
  for (const ResumePoint& point : std::vector<ResumePoint>{
           At(0, 0), At(1, 1), At(std::numeric_limits<int64_t>::max(), std::numeric_limits<int32_t>::max())}) {
    const auto decoded = DecodeResumeToken(EncodeResumeToken(point));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, point);
  }
}

TEST(ResumeTokenTest, IsSafeInUrls) {
  EXPECT_EQ(EncodeResumeToken(At(123456789, 5)).find_first_of("+/= "), std::string::npos);
}

TEST(ResumeTokenTest, EverySingleChangedCharacterIsDetected) {
  const std::string token = EncodeResumeToken(At(42, 7));
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (size_t i = 0; i < token.size(); ++i) {
    for (char c : alphabet) {
      std::string changed = token;
      changed[i] = c;
      EXPECT_EQ(DecodeResumeToken(changed).ok(), changed == token) << changed;
    }
  }
}

TEST(ResumeTokenTest, ForeignTextIsInvalidArgument) {
  for (const char* text : {"", "x", "null", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "================================"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodeResumeToken(text).status())) << text;
  }
}

// Property test: whatever bytes come from outside, decoding answers, and an accepted token is one that encoding gives back.
TEST(ResumeTokenTest, RandomBytesNeverCrashAndOnlyCanonicalTokensPass) {
  std::mt19937_64 random(20240101);
  const std::string good = EncodeResumeToken(At(99, 3));
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string token;
    if (random() % 2 == 0) {
      token.resize(random() % 48);
      for (char& c : token) c = static_cast<char>(random());
    } else {
      token = good;
      for (uint64_t changes = random() % 3; changes > 0; --changes) token[random() % token.size()] = static_cast<char>(random());
    }
    const auto decoded = DecodeResumeToken(token);
    if (!decoded.ok()) continue;
    ++accepted;
    EXPECT_EQ(EncodeResumeToken(*decoded), token);
  }
  EXPECT_GT(accepted, 10'000);
}

}  // namespace
}  // namespace egi::publish
