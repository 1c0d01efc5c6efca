#include "server/api/fields.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::api {
namespace {

using ::testing::HasSubstr;

std::string Complaint(const Fields& fields) { return std::string(fields.status().message()); }

TEST(FieldsTest, NothingNotedIsOk) {
  Fields fields;
  fields.Text("name", "é", 2, 2);  // two bytes
  fields.OneOf("kind", "", {"a"});
  fields.OneOf("kind", "a", {"a"});
  EXPECT_TRUE(fields.status().ok());
}

TEST(FieldsTest, OneAnswerNamesEveryBadField) {
  Fields fields;
  fields.Text("short", "", 1, 5);
  fields.Text("long", "abcdef", 1, 5);
  EXPECT_EQ(fields.Number("limit", 501, 1, 500, 100), 501);
  fields.OneOf("kind", "c", {"a", "b"});
  EXPECT_EQ(fields.status().code(), absl::StatusCode::kInvalidArgument);
  for (const char* name : {"short", "long", "limit", "kind"}) EXPECT_THAT(Complaint(fields), HasSubstr(name));
}

TEST(FieldsTest, TextThatNoColumnHoldsIsBad) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("caf\xe9")}) {
    Fields fields;
    fields.Text("name", text, 1, 10);
    EXPECT_THAT(Complaint(fields), HasSubstr("NUL"));
    Fields lot;
    lot.Lot("lot", text);
    EXPECT_FALSE(lot.status().ok());
  }
}

// Details travel as protobuf strings, which hold whole characters only.
TEST(FieldsTest, QuotedValueIsCutBetweenCharacters) {
  Fields fields;
  fields.OneOf("kind", std::string(49, 'x') + "é and more", {"a"});
  EXPECT_THAT(Complaint(fields), HasSubstr(std::string(49, 'x') + "\""));
}

TEST(FieldsTest, ZeroIsTheDefaultNumber) {
  Fields fields;
  EXPECT_EQ(fields.Number("limit", 0, 1, 500, 100), 100);
  EXPECT_TRUE(fields.status().ok());
}

TEST(FieldsTest, DigitsAreTheIdOfALotAndAnythingElseItsCode) {
  Fields fields;
  EXPECT_EQ(fields.Lot("lot", "42").id, 42);
  EXPECT_EQ(fields.Lot("lot", "LL0112503").code, "LL0112503");
  EXPECT_EQ(fields.Lot("lot", "-1").code, "-1");
  EXPECT_TRUE(fields.status().ok());
  fields.Lot("lot", "");
  EXPECT_FALSE(fields.status().ok());
}

}  // namespace
}  // namespace egi::api
