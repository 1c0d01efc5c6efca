#include "server/auth/contact_scope.h"

#include "gmock/gmock.h"
#include "server/auth/refresh_tokens.h"

namespace egi::auth {
namespace {

using ::testing::ElementsAre;

identity::v1::Account Of(const std::string& role) {
  identity::v1::Account account;
  account.set_role(role);
  account.add_sites("LL");
  account.mutable_gaveur_id()->set_value(4);
  account.set_enabled(true);
  return account;
}

TEST(ContactScopeTest, AdminSeesAllSupervisorTheOwnSitesAndGaveurTheOwn) {
  EXPECT_TRUE(ContactScopeOf(Of("admin")).all);
  EXPECT_THAT(ContactScopeOf(Of("supervisor")).sites, ElementsAre("LL"));
  EXPECT_EQ(ContactScopeOf(Of("supervisor")).gaveur_id, 0);
  EXPECT_EQ(ContactScopeOf(Of("gaveur")).gaveur_id, 4);
  EXPECT_TRUE(ContactScopeOf(Of("gaveur")).sites.empty()) << "not the neighbours";
}

TEST(ContactScopeTest, EveryOtherRoleAndWhoeverIsDisabledSeesNobody) {
  for (const char* role : {"inspector", "analyst", "auditor", "", "Admin"}) EXPECT_TRUE(ContactScopeOf(Of(role)).empty()) << role;
  for (const char* role : {"admin", "supervisor", "gaveur"}) {
    auto account = Of(role);
    account.set_enabled(false);
    EXPECT_TRUE(ContactScopeOf(account).empty()) << role;
  }
}

// The empty text and "abc": FIPS 180-4 examples.
TEST(RefreshTokensTest, TokensDifferAndAreKnownByTheirHash) {
  const std::string token = *MakeRefreshToken();
  EXPECT_EQ(token.size(), 43u);
  EXPECT_NE(token, *MakeRefreshToken());
  EXPECT_EQ(HashOf("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace egi::auth
