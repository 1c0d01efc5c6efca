#include "server/auth/access_tokens.h"

#include <jwt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "server/base/fake_clock.h"

namespace egi::auth {
namespace {

std::string File(const std::string& name) { return absl::StrCat(::testing::TempDir(), "/", name, ".", getpid(), ".pem"); }

std::string Content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class AccessTokensTest : public ::testing::Test {
 protected:
  std::unique_ptr<AccessTokens> Make(const std::string& key_file = "") {
    auto tokens = AccessTokens::Create({.key_file = key_file, .clock = &clock_});
    EXPECT_TRUE(tokens.ok()) << tokens.status();
    return *std::move(tokens);
  }
  // Signs claims as they come, with any algorithm.
  static std::string Sign(jwt_alg_t algorithm, const std::string& key, const std::string& header, const std::string& claims) {
    jwt_t* token = nullptr;
    EXPECT_EQ(jwt_new(&token), 0);
    EXPECT_EQ(jwt_add_headers_json(token, header.c_str()), 0);
    EXPECT_EQ(jwt_add_grants_json(token, claims.c_str()), 0);
    EXPECT_EQ(jwt_set_alg(token, algorithm, algorithm == JWT_ALG_NONE ? nullptr : reinterpret_cast<const unsigned char*>(key.data()),
                          algorithm == JWT_ALG_NONE ? 0 : static_cast<int>(key.size())), 0);
    char* text = jwt_encode_str(token);
    std::string signed_text = text == nullptr ? "" : text;
    free(text);
    jwt_free(token);
    EXPECT_FALSE(signed_text.empty());
    return signed_text;
  }
  bool Refused(const AccessTokens& tokens, const std::string& token) {
    const auto principal = tokens.Verify(token);
    return !principal.ok() && absl::IsUnauthenticated(principal.status());
  }

  FakeClock clock_{absl::FromUnixSeconds(1770109200)};
  const Principal inspector_{7, 12345678901, "inspector"};
};

TEST_F(AccessTokensTest, TokenTellsWhoItWasMadeFor) {
  const auto tokens = Make();
  const auto principal = tokens->Verify(*tokens->Issue(inspector_));
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ(principal->account_id, 7);
  EXPECT_EQ(principal->session_id, 12345678901);
  EXPECT_EQ(principal->role, "inspector");
}

TEST_F(AccessTokensTest, TokenIsValidForFifteenMinutes) {
  const auto tokens = Make();
  const std::string token = *tokens->Issue(inspector_);
  clock_.Advance(absl::Minutes(15) - absl::Seconds(1));
  EXPECT_TRUE(tokens->Verify(token).ok());
  clock_.Advance(absl::Seconds(1));
  const auto expired = tokens->Verify(token);
  EXPECT_TRUE(absl::IsUnauthenticated(expired.status()));
  EXPECT_TRUE(absl::StrContains(expired.status().message(), "refresh")) << expired.status();
}

TEST_F(AccessTokensTest, ChangingAnyPartOfATokenMakesItInvalid) {
  const auto tokens = Make();
  const std::string token = *tokens->Issue(inspector_);
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  ASSERT_EQ(parts.size(), 3u);
  std::string claims;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(parts[1], &claims));
  const std::string admin = absl::WebSafeBase64Escape(claims.replace(claims.find("inspector"), 9, "admin"));
  EXPECT_TRUE(Refused(*tokens, absl::StrCat(parts[0], ".", admin, ".", parts[2])));
  for (size_t i = 0; i < parts.size(); ++i) {
    std::vector<std::string> changed = parts;
    char& middle = changed[i][changed[i].size() / 2];
    middle = middle == 'A' ? 'B' : 'A';
    EXPECT_TRUE(Refused(*tokens, absl::StrJoin(changed, "."))) << "part " << i;
  }
  for (const std::string& other : {std::string(), std::string("."), std::string(".."), parts[0], absl::StrCat(parts[0], ".", parts[1]), absl::StrCat(parts[0], ".", parts[1], "."),
                                   absl::StrCat(token, ".", parts[2]), absl::StrCat(token, "."), absl::StrCat(token, "="), absl::StrCat(" ", token), std::string(5000, 'a'), token.substr(0, token.size() - 4)}) {
    EXPECT_TRUE(Refused(*tokens, other)) << other.substr(0, 80);
  }
}

TEST_F(AccessTokensTest, TokenOfAnotherKeyIsInvalid) {
  EXPECT_TRUE(Refused(*Make(), *Make()->Issue(inspector_)));
}

TEST_F(AccessTokensTest, AlgorithmIsNotTheTokensToChoose) {
  const std::string path = File("algorithm");
  const auto tokens = Make(path);
  const auto key = LoadOrMakeSigningKey(path);
  ASSERT_TRUE(key.ok());
  const std::string header = absl::StrCat("{\"kid\":\"", key->id, "\",\"typ\":\"JWT\"}");
  const std::string claims = R"({"iss":"egi","aud":"egi","sub":"7","sid":"1","role":"admin","iat":1770109200,"exp":1770110100})";
  EXPECT_TRUE(tokens->Verify(Sign(JWT_ALG_ES256, key->private_pem, header, claims)).ok()) << "the same by ES256 is valid";
  EXPECT_TRUE(Refused(*tokens, Sign(JWT_ALG_NONE, "", header, claims)));
  EXPECT_TRUE(Refused(*tokens, Sign(JWT_ALG_HS256, key->public_pem, header, claims))) << "the public key is no secret";
  EXPECT_TRUE(Refused(*tokens, Sign(JWT_ALG_ES256, key->private_pem, "{\"kid\":\"other\"}", claims)));
  for (const char* wrong : {R"({"iss":"other","aud":"egi","sub":"7","sid":"1","role":"admin","exp":1770110100})",
                            R"({"iss":"egi","aud":"other","sub":"7","sid":"1","role":"admin","exp":1770110100})",
                            R"({"iss":"egi","aud":"egi","sub":"seven","sid":"1","role":"admin","exp":1770110100})",
                            R"({"iss":"egi","aud":"egi","sub":"7","role":"admin","exp":1770110100})",
                            R"({"iss":"egi","aud":"egi","sub":"7","sid":"1","role":"admin"})",
                            R"({"iss":"egi","aud":"egi","sub":"7","sid":"1","role":"admin","exp":"1770110100"})"}) {
    EXPECT_TRUE(Refused(*tokens, Sign(JWT_ALG_ES256, key->private_pem, header, wrong))) << wrong;
  }
  unlink(path.c_str());
}

TEST_F(AccessTokensTest, ServersWithOneKeyFileTakeEachOthersTokens) {
  const std::string path = File("shared");
  const auto first = Make(path);
  const auto second = Make(path);
  EXPECT_TRUE(second->Verify(*first->Issue(inspector_)).ok());
  struct stat about {};
  ASSERT_EQ(stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  unlink(path.c_str());
}

TEST_F(AccessTokensTest, ServersThatStartAtOnceMakeOneKey) {
  const std::string path = File("race");
  std::vector<std::string> ids(8);
  std::vector<std::thread> servers;
  for (std::string& id : ids) servers.emplace_back([&] { id = LoadOrMakeSigningKey(path)->id; });
  for (std::thread& server : servers) server.join();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 1u);
  unlink(path.c_str());
}

TEST_F(AccessTokensTest, KeyFileThatIsOpenOrNoKeyOrNotWritableIsRefusedWithItsPath) {
  const std::string path = File("bad");
  ASSERT_TRUE(LoadOrMakeSigningKey(path).ok());
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  const auto open = LoadOrMakeSigningKey(path);
  EXPECT_TRUE(absl::IsFailedPrecondition(open.status()));
  EXPECT_TRUE(absl::StrContains(open.status().message(), "chmod 600")) << open.status();
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  std::ofstream(path) << "no key";
  EXPECT_TRUE(absl::IsInvalidArgument(LoadOrMakeSigningKey(path).status()));
  EXPECT_EQ(Content(path), "no key") << "what is there is never replaced";
  unlink(path.c_str());
  const auto nowhere = LoadOrMakeSigningKey("/no/such/folder/key.pem");
  EXPECT_TRUE(absl::IsNotFound(nowhere.status())) << nowhere.status();
  EXPECT_TRUE(absl::StrContains(nowhere.status().message(), "--token_key"));
}

}  // namespace
}  // namespace egi::auth
