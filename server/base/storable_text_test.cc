#include "server/base/storable_text.h"

#include "gtest/gtest.h"

namespace egi {
namespace {

TEST(StorableTextTest, IsUtf8WithoutNul) {
  EXPECT_TRUE(IsStorableText("Pékin €\xF0\x9F\xA6\x86"));
  EXPECT_FALSE(IsStorableText(std::string("a\0b", 3)));
  EXPECT_FALSE(IsStorableText("\xC0\x80"));          // overlong
  EXPECT_FALSE(IsStorableText("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(IsStorableText("\xF4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(IsStorableText("caf\xC3"));           // truncated
}

TEST(StorableTextTest, BytesThatDoNotBelongBecomeQuestionMarks) {
  EXPECT_EQ(ToStorableText("Pékin"), "Pékin");
  EXPECT_EQ(ToStorableText(std::string("a\0b", 3)), "a?b");
  EXPECT_EQ(ToStorableText("caf\xC3"), "caf?");
  EXPECT_EQ(ToStorableText("\xED\xA0\x80"), "???");
}

TEST(StorableTextTest, CutFallsBetweenCharacters) {
  EXPECT_EQ(ToStorableText("Pékin", 3), "Pé");
  EXPECT_EQ(ToStorableText("Pékin", 2), "P");
  EXPECT_EQ(ToStorableText("€", 2), "");
}

}  // namespace
}  // namespace egi
