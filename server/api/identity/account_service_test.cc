#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "server/api/identity/identity_api_test.h"

namespace egi::api {
namespace {

using identity::v1::Account;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum grpc::StatusCode;

class AccountServiceTest : public IdentityApiTest {
 protected:
  template <typename Request>
  static Request Of(int32_t id) {
    Request request;
    request.set_id(id);
    return request;
  }
  grpc::Status Disable(int32_t id, const std::string& token, Account* account) {
    return Call(*accounts_, &Accounts::DisableAccount, Of<identity::v1::DisableAccountRequest>(id), account, token);
  }
  grpc::Status Enable(int32_t id, const std::string& token, Account* account) {
    return Call(*accounts_, &Accounts::EnableAccount, Of<identity::v1::EnableAccountRequest>(id), account, token);
  }
  grpc::Status SetPassword(int32_t id, const std::string& password, const std::string& token) {
    auto request = Of<identity::v1::SetPasswordRequest>(id);
    request.set_password(password);
    Account account;
    return Call(*accounts_, &Accounts::SetPassword, request, &account, token);
  }
  // Acts of the audit after the first `skip`, as act:outcome:reason:actor:account.
  std::string Audit(int skip = 0) {
    return Sql("SELECT coalesce(string_agg(concat_ws(':', act, outcome, reason, coalesce(actor_id, 0), coalesce(account_id, 0)), ' ' ORDER BY id), '') FROM "
               "(SELECT * FROM identity_audit WHERE act <> 'login' ORDER BY id OFFSET " + std::to_string(skip) + ") a");
  }
};

TEST_F(AccountServiceTest, FirstAccountIsAnAdminAndNeedsNoToken) {
  Account account;
  const grpc::Status other = Create(Wish("camille", "supervisor"), "", &account);
  EXPECT_EQ(other.error_code(), UNAUTHENTICATED);
  EXPECT_EQ(Reason(other), "NOT_SIGNED_IN");
  auto wish = Wish("Chef", "admin");
  wish.set_request_id("first");
  ASSERT_TRUE(Create(wish, "", &account).ok());
  EXPECT_EQ(account.username().value(), "chef");
  EXPECT_EQ(account.role(), "admin");
  EXPECT_TRUE(account.enabled());
  EXPECT_EQ(account.created_at().seconds(), 1770109200);
  EXPECT_FALSE(account.has_last_login_at());
  Account again;
  ASSERT_TRUE(Create(wish, "", &again).ok()) << "the same wish, whose answer was lost";
  EXPECT_EQ(again.id(), account.id());
  EXPECT_EQ(Reason(Create(Wish("second", "admin"), "", &again)), "NOT_SIGNED_IN") << "once";
  EXPECT_EQ(Audit(), "create_account:done::0:1 create_account:done::0:1 create_account:refused:NOT_SIGNED_IN:0:0") << "others than the wish for a first admin leave no row";
}

TEST_F(AccountServiceTest, FirstAdminIsNotMadeThroughTheGateway) {
  const auto create_by = [this](const std::vector<std::string>& transports) {
    grpc::ClientContext context;
    for (const std::string& transport : transports) context.AddMetadata("egi-transport", transport);
    Account account;
    return accounts_->CreateAccount(&context, Wish("chef", "admin"), &account);
  };
  for (const auto& transports : std::vector<std::vector<std::string>>{{"rest"}, {"ws"}, {"rest", "grpc"}, {"grpc", "rest"}}) {
    EXPECT_EQ(Reason(create_by(transports)), "NOT_SIGNED_IN");
  }
  EXPECT_EQ(Sql("SELECT (SELECT count(*) FROM accounts) || ' ' || (SELECT count(*) FROM identity_audit)"), "0 0");
  EXPECT_TRUE(create_by({}).ok());
}

TEST_F(AccountServiceTest, DisabledAdminIsAnAdminToo) {
  Admin();
  Sql("UPDATE accounts SET disabled_at = now()");
  EXPECT_EQ(Reason(Create(Wish("bruno", "admin"), "")), "NOT_SIGNED_IN");
}

// The statement is that of docs/identity.md.
TEST_F(AccountServiceTest, WhoOwnsTheDatabaseMakesAFirstAdminAgain) {
  const std::string admin = Admin();
  Account account;
  ASSERT_TRUE(Create(Wish("camille", "analyst"), admin, &account).ok());
  Sql("UPDATE accounts SET role = 'auditor', disabled_at = now() WHERE role = 'admin'");
  EXPECT_EQ(Reason(Disable(account.id(), admin, &account)), "SESSION_ENDED") << "the old one is out at once";
  ASSERT_TRUE(Create(Wish("chef2", "admin"), "").ok());
  EXPECT_TRUE(Disable(account.id(), SignIn("chef2").access_token(), &account).ok());
}

TEST_F(AccountServiceTest, OfTwoFirstAdminsAtOnceOneIsMade) {
  grpc::Status first, second;
  std::thread other([&] { second = Create(Wish("second", "admin"), ""); });
  first = Create(Wish("first", "admin"), "");
  other.join();
  EXPECT_NE(first.ok(), second.ok());
  EXPECT_EQ(Reason(first.ok() ? second : first), "NOT_SIGNED_IN");
  EXPECT_EQ(Sql("SELECT count(*) FROM accounts"), "1");
}

TEST_F(AccountServiceTest, OfTwoAdminsWhoDisableEachOtherOneStays) {
  const std::string chef = Admin();
  Account account;
  ASSERT_TRUE(Create(Wish("bruno", "admin"), chef, &account).ok());
  const int32_t bruno_id = account.id();
  const std::string bruno = SignIn("bruno").access_token();
  grpc::Status first, second;
  Account disabled;
  std::thread other([&] { second = Disable(1, bruno, &disabled); });
  first = Disable(bruno_id, chef, &account);
  other.join();
  EXPECT_NE(first.ok(), second.ok());
  EXPECT_EQ(Reason(first.ok() ? second : first), "SESSION_ENDED");
  EXPECT_EQ(Sql("SELECT count(*) FROM accounts WHERE disabled_at IS NULL"), "1");
}

TEST_F(AccountServiceTest, FeederWithAPasswordDoesNotKeepTheFirstAdminOut) {
  Sql("INSERT INTO gaveurs_euralis (id, nom) VALUES (4, 'Gaveur 4')");
  Sql("INSERT INTO accounts (email, role, gaveur_id, password_hash, created_at) VALUES ('a@b.example', 'gaveur', 4, '$argon2id$x', now())");
  EXPECT_TRUE(Create(Wish("chef", "admin"), "").ok());
}

TEST_F(AccountServiceTest, OnlyAnAdminMayAdministerAndRefusalsOfThoseSignedInAreKept) {
  const std::string admin = Admin();
  Account account;
  for (const char* role : {"supervisor", "inspector", "analyst", "auditor"}) {
    ASSERT_TRUE(Create(Wish(role, role), admin, &account).ok());
    const std::string token = SignIn(role).access_token();
    const std::string before = Sql("SELECT count(*) FROM identity_audit WHERE outcome = 'refused'");
    identity::v1::ListAccountsResponse list;
    for (const grpc::Status& status :
         {Create(Wish("more", "admin"), token), Disable(1, token, &account), Enable(1, token, &account), SetPassword(1, kPassword, token),
          Call(*accounts_, &Accounts::ListAccounts, identity::v1::ListAccountsRequest(), &list, token)}) {
      EXPECT_EQ(status.error_code(), PERMISSION_DENIED) << role;
      EXPECT_EQ(Reason(status), "ADMIN_ONLY");
    }
    EXPECT_EQ(list.accounts_size(), 0);
    EXPECT_EQ(Sql("SELECT count(*) - " + before + " FROM identity_audit WHERE outcome = 'refused' AND reason = 'ADMIN_ONLY'"), "5");
  }
  const int kept = std::stoi(Sql("SELECT count(*) FROM identity_audit WHERE act <> 'login'"));
  EXPECT_EQ(Disable(1, "", &account).error_code(), UNAUTHENTICATED);
  EXPECT_EQ(Audit(kept), "") << "nobody's refusal costs nothing";
}

TEST_F(AccountServiceTest, NamesAndFeedersHaveOneAccountEach) {
  const std::string admin = Admin();
  Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (4, 'Gaveur 4', 'MT')");
  auto gaveur = Wish("", "gaveur");
  gaveur.set_email("Camille@ferme.example");
  gaveur.set_gaveur_id(4);
  gaveur.set_request_id("wish");
  Account account, again;
  ASSERT_TRUE(Create(gaveur, admin, &account).ok());
  EXPECT_EQ(account.gaveur_id().value(), 4);
  EXPECT_THAT(account.sites(), ElementsAre("MT")) << "that of the feeder";
  gaveur.set_password("another password");
  ASSERT_TRUE(Create(gaveur, admin, &again).ok()) << "passwords of repetitions are not compared";
  EXPECT_EQ(again.id(), account.id());
  EXPECT_EQ(SignIn("camille@ferme.example").user_info().user_type(), "gaveur");
  gaveur.set_nom("Other");
  EXPECT_EQ(Reason(Create(gaveur, admin)), "REQUEST_ID_REUSED");
  gaveur.clear_request_id();
  EXPECT_EQ(Reason(Create(gaveur, admin)), "GAVEUR_TAKEN");
  gaveur.set_gaveur_id(99);
  EXPECT_EQ(Reason(Create(gaveur, admin)), "GAVEUR_NOT_FOUND");
  auto taken = Wish("CHEF", "analyst");
  const grpc::Status status = Create(taken, admin);
  EXPECT_EQ(status.error_code(), ALREADY_EXISTS);
  EXPECT_EQ(Reason(status), "NAME_TAKEN");
  EXPECT_EQ(status.error_message().find("chef"), std::string::npos);
  taken.set_username("new");
  taken.set_email("camille@FERME.example");
  EXPECT_EQ(Reason(Create(taken, admin)), "NAME_TAKEN");
}

TEST_F(AccountServiceTest, DisabledAccountIsOutAtOnceAndComesBackWhenEnabled) {
  const std::string admin = Admin();
  Account account;
  ASSERT_TRUE(Create(Wish("bruno", "admin"), admin, &account).ok());
  const auto bruno = SignIn("bruno");
  ASSERT_TRUE(Disable(account.id(), admin, &account).ok());
  EXPECT_FALSE(account.enabled());
  EXPECT_TRUE(Disable(account.id(), admin, &account).ok()) << "again changes nothing";
  identity::v1::LoginResponse none;
  EXPECT_EQ(Reason(Me(bruno.access_token())), "SESSION_ENDED");
  EXPECT_EQ(Reason(Create(Wish("more", "analyst"), bruno.access_token())), "SESSION_ENDED") << "its token is still signed, and is no admin's";
  EXPECT_EQ(Reason(Refresh(bruno.refresh_token(), &none)), "REFRESH_REFUSED");
  EXPECT_EQ(Login("bruno", kPassword, &none).error_code(), UNAUTHENTICATED);
  ASSERT_TRUE(Enable(account.id(), admin, &account).ok());
  EXPECT_TRUE(account.enabled());
  EXPECT_EQ(Reason(Me(bruno.access_token())), "SESSION_ENDED") << "old sessions stay ended";
  EXPECT_TRUE(Me(SignIn("bruno").access_token()).ok());
}

TEST_F(AccountServiceTest, LastAdminStays) {
  const std::string admin = Admin();
  Account account;
  ASSERT_TRUE(Create(Wish("bruno", "admin"), admin, &account).ok());
  ASSERT_TRUE(Disable(account.id(), admin, &account).ok());
  const grpc::Status status = Disable(1, admin, &account);
  EXPECT_EQ(status.error_code(), FAILED_PRECONDITION);
  EXPECT_EQ(Reason(status), "LAST_ADMIN");
  EXPECT_TRUE(Me(admin).ok());
  EXPECT_EQ(Disable(99, admin, &account).error_code(), NOT_FOUND);
  EXPECT_EQ(Enable(99, admin, &account).error_code(), NOT_FOUND);
  EXPECT_EQ(SetPassword(99, kPassword, admin).error_code(), NOT_FOUND);
}

TEST_F(AccountServiceTest, NewPasswordEndsTheSessionsOfTheOldOne) {
  const std::string admin = Admin();
  Account account;
  ASSERT_TRUE(Create(Wish("bruno", "analyst"), admin, &account).ok());
  const auto bruno = SignIn("bruno");
  ASSERT_TRUE(SetPassword(account.id(), "quatorze canards", admin).ok());
  EXPECT_EQ(Reason(Me(bruno.access_token())), "SESSION_ENDED");
  identity::v1::LoginResponse response;
  EXPECT_EQ(Login("bruno", kPassword, &response).error_code(), UNAUTHENTICATED);
  EXPECT_TRUE(Login("bruno", "quatorze canards", &response).ok());
  EXPECT_THAT(BadFields(SetPassword(0, "short", admin)), ElementsAre("id", "password"));
}

TEST_F(AccountServiceTest, AccountsAreListedInPagesNewestFirst) {
  const std::string admin = Admin();
  for (const char* name : {"aa", "bb", "cc"}) ASSERT_TRUE(Create(Wish(name, "analyst"), admin).ok());
  identity::v1::ListAccountsRequest request;
  request.set_limit(3);
  identity::v1::ListAccountsResponse page;
  ASSERT_TRUE(Call(*accounts_, &Accounts::ListAccounts, request, &page, admin).ok());
  ASSERT_EQ(page.accounts_size(), 3);
  EXPECT_EQ(page.accounts(0).username().value(), "cc");
  EXPECT_EQ(page.ShortDebugString().find("argon2"), std::string::npos);
  request.set_page_token(page.next_page_token());
  page.Clear();
  ASSERT_TRUE(Call(*accounts_, &Accounts::ListAccounts, request, &page, admin).ok());
  ASSERT_EQ(page.accounts_size(), 1);
  EXPECT_EQ(page.accounts(0).username().value(), "chef");
  EXPECT_TRUE(page.accounts(0).has_last_login_at());
  EXPECT_THAT(page.next_page_token(), IsEmpty());
}

}  // namespace
}  // namespace egi::api
