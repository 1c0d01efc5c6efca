#include "server/api/identity/account_checks.h"

#include "gmock/gmock.h"

namespace egi::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

identity::v1::CreateAccountRequest Good() {
  identity::v1::CreateAccountRequest request;
  request.set_username("Chef.LL");
  request.set_role("supervisor");
  request.add_sites("LL");
  request.set_password("douze canards");
  return request;
}

std::string Problem(const identity::v1::CreateAccountRequest& request) {
  Fields fields;
  CheckNewAccount(request, fields);
  return std::string(fields.status().message());
}

TEST(AccountChecksTest, GoodAccountsAreTaken) {
  EXPECT_EQ(Problem(Good()), "");
  auto gaveur = Good();
  gaveur.set_role("gaveur");
  gaveur.clear_sites();
  gaveur.set_gaveur_id(4);
  gaveur.clear_username();
  gaveur.set_email("camille@exemple.example");
  EXPECT_EQ(Problem(gaveur), "");
  auto inspector = Good();
  inspector.set_role("inspector");
  EXPECT_EQ(Problem(inspector), "");
  inspector.clear_sites();
  EXPECT_EQ(Problem(inspector), "");
}

TEST(AccountChecksTest, EveryBadFieldIsNamedAndNoneIsQuoted) {
  auto request = Good();
  request.set_username("some body");
  request.set_email("nobody");
  request.set_role("king");
  request.add_sites("XX");
  request.set_gaveur_id(3);
  request.set_password("secret7");
  const std::string problem = Problem(request);
  for (const char* field : {"username", "email", "role", "sites[1]", "gaveur_id", "password"}) EXPECT_THAT(problem, HasSubstr(field));
  for (const char* value : {"some body", "nobody", "secret7"}) EXPECT_THAT(problem, Not(HasSubstr(value)));
}

TEST(AccountChecksTest, SitesAndFeedersBelongToTheirRoles) {
  auto request = Good();
  request.clear_sites();
  EXPECT_THAT(Problem(request), HasSubstr("at least one"));
  request.set_role("admin");
  EXPECT_EQ(Problem(request), "");
  request.add_sites("LL");
  EXPECT_THAT(Problem(request), HasSubstr("sites"));
  request.clear_sites();
  request.set_role("gaveur");
  EXPECT_THAT(Problem(request), HasSubstr("gaveur_id"));
  request = Good();
  request.add_sites("LL");
  EXPECT_THAT(Problem(request), HasSubstr("twice"));
  request = Good();
  request.clear_username();
  EXPECT_THAT(Problem(request), HasSubstr("both empty"));
  request = Good();
  request.set_username("a@b.example");
  EXPECT_THAT(Problem(request), HasSubstr("username")) << "a username never is somebody's email";
}

TEST(AccountChecksTest, PasswordsHave8To128Bytes) {
  for (const auto& [length, good] : std::vector<std::pair<size_t, bool>>{{7, false}, {8, true}, {128, true}, {129, false}}) {
    Fields fields;
    CheckPassword(std::string(length, 'x'), fields);
    EXPECT_EQ(fields.status().ok(), good) << length;
  }
}

}  // namespace
}  // namespace egi::api
