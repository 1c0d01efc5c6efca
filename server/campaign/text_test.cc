#include "server/campaign/text.h"

#include "gtest/gtest.h"

namespace egi::campaign {
namespace {

TEST(TextTest, BytesThatAreNotUtf8AreWindows1252) {
  EXPECT_EQ(DecodeText("n\xB0 1, \xE9leveur \x80").text, "n° 1, éleveur €");
  EXPECT_EQ(DecodeText("\xE9").encoding, "Windows-1252");
  EXPECT_EQ(DecodeText("\xC3\xA9leveur").text, "éleveur");
  EXPECT_EQ(DecodeText("\xC3\xA9").encoding, "UTF-8");
  EXPECT_EQ(DecodeText("\xEF\xBB\xBFhead").text, "head");
  EXPECT_EQ(DecodeText("\xEF\xBB\xBFhead \xE9").text, "head \u00E9");
}

TEST(TextTest, OverlongAndSurrogateSequencesAreNotUtf8) {
  EXPECT_EQ(DecodeText("\xC0\xAF").encoding, "Windows-1252");
  EXPECT_EQ(DecodeText("\xE0\x80\xAF").encoding, "Windows-1252");
  EXPECT_EQ(DecodeText("\xED\xA0\x80").encoding, "Windows-1252");
  EXPECT_EQ(DecodeText("\xF4\x90\x80\x80").encoding, "Windows-1252");
  EXPECT_EQ(DecodeText("\xF0\x9F\xA6\x86").encoding, "UTF-8");
}

TEST(TextTest, SeparatorIsTheOneOfTheHeader) {
  EXPECT_EQ(DetectSeparator("a;b;c\n1,5;2,5;3"), ';');
  EXPECT_EQ(DetectSeparator("a,b,c\n1;2"), ',');
  EXPECT_EQ(DetectSeparator("a\tb"), '\t');
}

TEST(TextTest, CellsAreSplitWithQuotesAndAnyLineEnd) {
  const auto rows = ParseCells("a;\"b;\"\"x\"\"\n2\";c\r\n1;;3\n\n", ';');
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(*rows, (std::vector<std::vector<std::string>>{{"a", "b;\"x\"\n2", "c"}, {"1", "", "3"}}));
}

TEST(TextTest, OpenQuoteIsNamedWithItsLine) {
  const auto rows = ParseCells("a;b\n1;\"2\n3;4\n", ';');
  EXPECT_EQ(rows.status().message(), "line 2: a quote is opened and never closed");
}

TEST(TextTest, NumbersHavePointOrComma) {
  EXPECT_EQ(ParseNumber("8.42"), 8.42);
  EXPECT_EQ(ParseNumber(" 8,42\xC2\xA0"), 8.42);
  EXPECT_EQ(ParseNumber("-3"), -3);
  for (const char* bad : {"", "nan", "inf", "1e999", "1,2,3", "12a", "0x10", "1 2"}) EXPECT_FALSE(ParseNumber(bad)) << bad;
}

TEST(TextTest, SpacesBetweenGroupsOfThousandsAreNotPartOfANumber) {
  EXPECT_EQ(ParseNumber("2\xC2\xA0" "304"), 2304);
  EXPECT_EQ(ParseNumber("5\xE2\x80\xAF" "480,2"), 5480.2);
  EXPECT_EQ(ParseNumber("-12\xE2\x80\x89" "345 678"), -12'345'678);
  EXPECT_EQ(ParseNumber("2 304"), 2304);
  EXPECT_EQ(ParseNumber(DecodeText("2\xA0" "304").text), 2304);
  for (const char* bad : {"1 2", "2 30", "2 3045", "2304 567", "1,5 304", "2  304", "2 304 5", "2 "
                          "304x"}) {
    EXPECT_FALSE(ParseNumber(bad)) << bad;
  }
}

TEST(TextTest, DaysAreDayMonthYear) {
  EXPECT_EQ(ParseDay("02/01/2024"), absl::CivilDay(2024, 1, 2)) << "never the first of February";
  EXPECT_EQ(ParseDay("2024-01-09"), absl::CivilDay(2024, 1, 9));
  EXPECT_EQ(ParseDay("29/02/2024"), absl::CivilDay(2024, 2, 29));
  for (const char* bad : {"01/13/2024", "31/02/2024", "29/02/2023", "1/1/2024", "02/01/24", "02-01-2024", "", "02/01/20x4"}) {
    EXPECT_FALSE(ParseDay(bad)) << bad;
  }
}

}  // namespace
}  // namespace egi::campaign
