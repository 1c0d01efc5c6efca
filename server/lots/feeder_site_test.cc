#include "server/lots/feeder_site.h"

#include "gtest/gtest.h"

namespace egi::lots {
namespace {

TEST(CheckFeederSite, FeederWithoutASiteMayHaveAnyLotAndOneWithASiteThoseOfIt) {
  EXPECT_TRUE(CheckFeederSite(4, "", "LS2602001", "LS").ok());
  EXPECT_TRUE(CheckFeederSite(4, "LS", "LS2602001", "LS").ok());
  const absl::Status refused = CheckFeederSite(4, "LL", "LS2602001", "LS");
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refused.message(), "gaveur 4 belongs to site LL, lot LS2602001 to LS; name a feeder of the lot's site");
  EXPECT_EQ(CheckFeederSite(4, "LL", "", "LS").message(), "gaveur 4 belongs to site LL, not LS; name a feeder of the lot's site");
}

}  // namespace
}  // namespace egi::lots
