#include "server/api/page_token.h"

#include <random>

#include "egi/feeding/v1/lot.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::api {
namespace {

using feeding::v1::ListLotsRequest;
using ::testing::ElementsAre;

ListLotsRequest Filter(const std::string& site) {
  ListLotsRequest request;
  request.set_site_code(site);
  return request;
}

TEST(PageTokenTest, PlaceComesBackForTheSameFilter) {
  Fields fields;
  const std::string token = MakePageToken(Filter("LL"), {"12", "-7"});
  EXPECT_THAT(*ReadPageNumbers(Filter("LL"), token, 2, fields), ElementsAre(12, -7));
  EXPECT_TRUE(fields.status().ok());
}

TEST(PageTokenTest, TokenOfAnotherFilterTypeOrLengthIsRefused) {
  const std::string token = MakePageToken(Filter("LL"), {"12"});
  for (const auto& [filter, parts] : {std::pair(Filter("LS"), 1), std::pair(Filter("LL"), 2)}) {
    Fields fields;
    EXPECT_FALSE(ReadPageToken(filter, token, parts, fields).has_value());
    EXPECT_EQ(fields.status().code(), absl::StatusCode::kInvalidArgument);
  }
  Fields fields;
  EXPECT_FALSE(ReadPageToken(feeding::v1::GetLotRequest(), MakePageToken(ListLotsRequest(), {"1"}), 1, fields).has_value());
}

TEST(PageTokenTest, PagesOfOneListingMayDifferInSize) {
  ListLotsRequest first = Filter("LL"), second = Filter("LL");
  first.set_limit(10);
  second.set_limit(20);
  second.set_offset(3);
  second.set_page_token(MakePageToken(first, {"12"}));
  Fields fields;
  EXPECT_THAT(*ReadPageNumbers(second, second.page_token(), 1, fields), ElementsAre(12));
}

TEST(PageTokenTest, TextWhereANumberBelongsIsRefused) {
  Fields fields;
  EXPECT_FALSE(ReadPageNumbers(Filter("LL"), MakePageToken(Filter("LL"), {"x"}), 1, fields).has_value());
  EXPECT_FALSE(fields.status().ok());
}

TEST(PageTokenTest, NoBytesAreMistakenForAToken) {
  std::mt19937 random(7);
  const std::string good = MakePageToken(Filter("LL"), {"12"});
  for (int i = 0; i < 20000; ++i) {
    std::string token = good;
    if (i % 2 == 0) {
      token.resize(random() % 200);
      for (char& c : token) c = static_cast<char>(random());
    } else {
      token[random() % token.size()] ^= static_cast<char>(1 + random() % 255);
    }
    if (token.empty()) continue;
    Fields fields;
    const auto place = ReadPageNumbers(Filter("LL"), token, 1, fields);
    EXPECT_EQ(place.has_value(), fields.status().ok());
  }
}

}  // namespace
}  // namespace egi::api
