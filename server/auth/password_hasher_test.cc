#include "server/auth/password_hasher.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gmock/gmock.h"

namespace egi::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::unique_ptr<PasswordHasher> Cheap(int at_once = 2) {
  auto hasher = PasswordHasher::Create({.memory_kib = 64, .passes = 1, .at_once = at_once});
  EXPECT_TRUE(hasher.ok()) << hasher.status();
  return *std::move(hasher);
}

TEST(PasswordHasherTest, HashHoldsItsParametersAndNothingOfThePassword) {
  const auto hasher = PasswordHasher::Create();
  ASSERT_TRUE(hasher.ok());
  const auto hash = (*hasher)->Hash("canard laqué");
  ASSERT_TRUE(hash.ok());
  EXPECT_THAT(*hash, StartsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_THAT(*hash, ::testing::Not(HasSubstr("canard")));
  EXPECT_TRUE((*hasher)->Verify("canard laqué", *hash));
  EXPECT_FALSE((*hasher)->Verify("canard laque", *hash));
}

TEST(PasswordHasherTest, EveryHashHasItsOwnSalt) {
  const auto hasher = Cheap();
  EXPECT_NE(*hasher->Hash("the same"), *hasher->Hash("the same"));
}

TEST(PasswordHasherTest, HashOfOtherParametersIsStillKnown) {
  const auto older = PasswordHasher::Create({.memory_kib = 128, .passes = 3});
  const std::string hash = *(*older)->Hash("sarcelle");
  EXPECT_TRUE(Cheap()->Verify("sarcelle", hash));
}

// Of libargon2 0~20171227: `echo -n password | argon2 somesalt -id -t 2 -m 6 -p 1 -l 24 -e`.
TEST(PasswordHasherTest, HashOfTheCommandLineToolIsKnown) {
  const std::string hash = "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$Bo1ismRVk2qm6+YAYLCmWHDb+j3fjUH3";
  EXPECT_EQ(Cheap()->Verify("password", hash), true);
  EXPECT_FALSE(Cheap()->Verify("Password", hash));
}

TEST(PasswordHasherTest, NoPasswordIsRightForAnAccountThatDoesNotExistOrAHashThatIsNone) {
  const auto hasher = Cheap();
  EXPECT_FALSE(hasher->Verify("", ""));
  EXPECT_FALSE(hasher->Verify("guess", ""));
  EXPECT_FALSE(hasher->Verify("guess", "$argon2id$"));
  EXPECT_FALSE(hasher->Verify("guess", "guess"));
}

TEST(PasswordHasherTest, ManyCallersAtOnceAreAllAnswered) {
  const auto hasher = Cheap(1);
  const std::string hash = *hasher->Hash("colvert");
  std::atomic<int> right{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) callers.emplace_back([&] { right += hasher->Verify("colvert", hash) ? 1 : 0; });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(right, 8);
}

TEST(PasswordHasherTest, ImpossibleParametersAreRefused) {
  EXPECT_FALSE(PasswordHasher::Create({.memory_kib = 1}).ok());
  EXPECT_FALSE(PasswordHasher::Create({.passes = 0}).ok());
  EXPECT_FALSE(PasswordHasher::Create({.at_once = 0}).ok());
}

}  // namespace
}  // namespace egi::auth
