#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "egi/feeding/v1/site.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/identity/identity_api_test.h"

namespace egi::api {
namespace {

using identity::v1::LoginResponse;
using identity::v1::UserInfo;
using ::testing::ElementsAre;
using enum grpc::StatusCode;

class AuthServiceTest : public IdentityApiTest {
 protected:
  // Seconds after which the answer says to come back; 0 when it does not.
  static int64_t RetrySeconds(const grpc::Status& status) {
    google::rpc::Status rpc;
    google::rpc::RetryInfo retry;
    EXPECT_TRUE(rpc.ParseFromString(status.error_details()));
    for (const auto& detail : rpc.details()) {
      if (detail.Is<google::rpc::RetryInfo>() && detail.UnpackTo(&retry)) return retry.retry_delay().seconds();
    }
    return 0;
  }
};

TEST_F(AuthServiceTest, LoginAnswersTokensAndWhoSignedIn) {
  const std::string admin = Admin();
  auto wish = Wish("Camille", "supervisor");
  wish.set_email("camille@ferme.example");
  wish.set_nom("Martin");
  wish.set_prenom("Camille");
  ASSERT_TRUE(Create(wish, admin).ok());
  for (const char* name : {"camille", "CAMILLE", "camille@ferme.example", "Camille@Ferme.example"}) {
    const LoginResponse login = SignIn(name);
    EXPECT_EQ(login.token_type(), "Bearer");
    EXPECT_EQ(login.expires_in(), 900);
    EXPECT_EQ(login.refresh_expires_in(), 30 * 24 * 3600);
    const UserInfo& user = login.user_info();
    EXPECT_EQ(user.email().value(), "camille@ferme.example");
    EXPECT_EQ(user.nom().value(), "Martin");
    EXPECT_EQ(user.prenom().value(), "Camille");
    EXPECT_EQ(user.role(), "supervisor");
    EXPECT_EQ(user.user_type(), "euralis");
    EXPECT_THAT(user.sites(), ElementsAre("LL"));
    EXPECT_FALSE(user.has_gaveur_id());
    UserInfo me;
    ASSERT_TRUE(Me(login.access_token(), &me).ok());
    EXPECT_EQ(me.SerializeAsString(), user.SerializeAsString());
  }
  EXPECT_EQ(Sql("SELECT count(*) FROM refresh_tokens t WHERE t::text LIKE '%' || $$" + SignIn("camille").refresh_token() + "$$ || '%'"), "0") << "only the hash is stored";
  EXPECT_EQ(Sql("SELECT count(*) FROM accounts a WHERE a::text LIKE '%douze%'"), "0");
}

TEST_F(AuthServiceTest, UnknownAccountWrongPasswordAndDisabledAccountAreToldAlike) {
  const std::string admin = Admin();
  identity::v1::Account account;
  ASSERT_TRUE(Create(Wish("bruno", "analyst"), admin, &account).ok());
  LoginResponse none;
  const grpc::Status unknown = Login("nobody", kPassword, &none);
  const grpc::Status wrong = Login("bruno", "treize canards", &none);
  identity::v1::DisableAccountRequest disable;
  disable.set_id(account.id());
  ASSERT_TRUE(Call(*accounts_, &Accounts::DisableAccount, disable, &account, admin).ok());
  const grpc::Status disabled = Login("bruno", kPassword, &none);
  for (const grpc::Status& status : {unknown, wrong, disabled}) {
    EXPECT_EQ(status.error_code(), UNAUTHENTICATED);
    EXPECT_EQ(Reason(status), "LOGIN_REFUSED");
    EXPECT_EQ(status.error_message(), unknown.error_message());
    EXPECT_EQ(status.error_details(), unknown.error_details());
  }
  EXPECT_EQ(Sql("SELECT string_agg(outcome || coalesce(account_id::text, '-'), ' ' ORDER BY id) FROM identity_audit WHERE act = 'login'"), "done1 refused- refused2 refused2");
}

TEST_F(AuthServiceTest, BadLoginsNameTheirFieldsAndQuoteNothing) {
  identity::v1::LoginRequest request;
  LoginResponse none;
  EXPECT_THAT(BadFields(Call(*auth_, &Auth::Login, request, &none)), ElementsAre("email", "password"));
  request.set_email("a@b.example");
  request.set_username("ab");
  request.set_password(std::string(2000, 'p'));
  const grpc::Status status = Call(*auth_, &Auth::Login, request, &none);
  EXPECT_THAT(BadFields(status), ElementsAre("email", "password"));
  EXPECT_EQ(status.error_message().find("ppp"), std::string::npos);
  EXPECT_THAT(BadFields(Refresh("", &none)), ElementsAre("refresh_token"));
}

TEST_F(AuthServiceTest, RefreshTokenIsRotatedAndGoesOnForThirtyDays) {
  Admin();
  const LoginResponse first = SignIn("chef");
  clock_.Advance(absl::Hours(29 * 24));
  EXPECT_EQ(Me(first.access_token()).error_code(), UNAUTHENTICATED) << "15 minutes";
  LoginResponse second;
  ASSERT_TRUE(Refresh(first.refresh_token(), &second).ok());
  EXPECT_NE(second.refresh_token(), first.refresh_token());
  EXPECT_TRUE(Me(second.access_token()).ok());
  EXPECT_EQ(second.user_info().role(), "admin");
  clock_.Advance(absl::Hours(30 * 24));
  LoginResponse none;
  EXPECT_EQ(Reason(Refresh(second.refresh_token(), &none)), "REFRESH_REFUSED");
  EXPECT_EQ(Reason(Refresh("unknown", &none)), "REFRESH_REFUSED");
}

TEST_F(AuthServiceTest, ReusedRefreshTokenEndsItsSessionAndNoOther) {
  Admin();
  const LoginResponse stolen = SignIn("chef");
  const LoginResponse other = SignIn("chef");
  LoginResponse next, none;
  ASSERT_TRUE(Refresh(stolen.refresh_token(), &next).ok());
  EXPECT_EQ(Reason(Refresh(stolen.refresh_token(), &none)), "REFRESH_REFUSED");
  EXPECT_EQ(Reason(Refresh(next.refresh_token(), &none)), "REFRESH_REFUSED") << "the whole family";
  EXPECT_EQ(Reason(Me(next.access_token())), "SESSION_ENDED");
  EXPECT_TRUE(Refresh(other.refresh_token(), &next).ok());
  EXPECT_EQ(Sql("SELECT count(*) FROM identity_audit WHERE act = 'refresh' AND reason = 'TOKEN_REUSED' AND account_id = 1"), "1");
}

TEST_F(AuthServiceTest, OfTwoRefreshesAtOnceOneIsReuse) {
  Admin();
  const LoginResponse login = SignIn("chef");
  std::vector<grpc::Status> answers(4);
  std::vector<std::thread> callers;
  for (grpc::Status& answer : answers) {
    callers.emplace_back([&] {
      LoginResponse response;
      answer = Refresh(login.refresh_token(), &response);
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), [](const grpc::Status& status) { return status.ok(); }), 1);
  EXPECT_EQ(Sql("SELECT revoked_why FROM account_sessions ORDER BY id DESC LIMIT 1"), "reuse");
}

TEST_F(AuthServiceTest, LogoutEndsTheSessionOfEitherToken) {
  Admin();
  const auto logout = [&](const std::string& refresh, const std::string& access) {
    identity::v1::LogoutRequest request;
    request.set_refresh_token(refresh);
    identity::v1::LogoutResponse response;
    return Call(*auth_, &Auth::Logout, request, &response, access);
  };
  LoginResponse none;
  const LoginResponse first = SignIn("chef"), second = SignIn("chef");
  ASSERT_TRUE(logout("", first.access_token()).ok());
  EXPECT_EQ(Reason(Me(first.access_token())), "SESSION_ENDED");
  EXPECT_EQ(Reason(Refresh(first.refresh_token(), &none)), "REFRESH_REFUSED");
  EXPECT_TRUE(logout("", first.access_token()).ok()) << "again changes nothing";
  EXPECT_TRUE(Me(second.access_token()).ok());
  ASSERT_TRUE(logout(second.refresh_token(), "").ok());
  EXPECT_EQ(Reason(Me(second.access_token())), "SESSION_ENDED");
  EXPECT_EQ(logout("", "").error_code(), UNAUTHENTICATED);
  EXPECT_EQ(logout("unknown", "").error_code(), UNAUTHENTICATED);
  EXPECT_EQ(Sql("SELECT count(*) FROM identity_audit WHERE act = 'logout'"), "2");
}

TEST_F(AuthServiceTest, FailedLoginsOfAnAccountAreLimitedWhetherItExistsOrNot) {
  Admin();
  LoginResponse response;
  for (const char* name : {"chef", "nobody"}) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(Login(name, "wrong", &response).error_code(), UNAUTHENTICATED) << i;
      clock_.Advance(absl::Seconds(6));
    }
    const grpc::Status limited = Login(name, kPassword, &response);
    EXPECT_EQ(limited.error_code(), RESOURCE_EXHAUSTED) << "also with the right password: it would tell that it is right";
    EXPECT_EQ(Reason(limited), "TOO_MANY_LOGINS");
    EXPECT_NEAR(RetrySeconds(limited), 14 * 60, 1);
    EXPECT_EQ(Login("CHEF", "wrong", &response).error_code(), RESOURCE_EXHAUSTED) << "case is no way around it";
  }
  clock_.Advance(absl::Minutes(15));
  EXPECT_TRUE(Login("chef", kPassword, &response).ok());
}

TEST_F(AuthServiceTest, GuessesAtOnceAreAllCounted) {
  Admin();
  std::atomic<int> tried{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 20; ++i) {
    callers.emplace_back([&] {
      LoginResponse response;
      if (Login("chef", "wrong", &response).error_code() == UNAUTHENTICATED) ++tried;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(tried, 10);
}

TEST_F(AuthServiceTest, FailedLoginsOfAllAccountsAreLimited) {
  Admin();
  Sql("INSERT INTO identity_audit (at, act, outcome, reason) SELECT timestamptz '2026-02-03 08:59+00', 'login', 'refused', 'LOGIN_REFUSED' FROM generate_series(1, 300)");
  LoginResponse response;
  const grpc::Status limited = Login("chef", kPassword, &response);
  EXPECT_EQ(limited.error_code(), RESOURCE_EXHAUSTED);
  EXPECT_NEAR(RetrySeconds(limited), 14 * 60, 1);
  clock_.Advance(absl::Minutes(14));
  EXPECT_TRUE(Login("chef", kPassword, &response).ok());
}

TEST_F(AuthServiceTest, TokenThatIsNotValidIsRefusedByEveryService) {
  Admin();
  LoginResponse response;
  identity::v1::LoginRequest login;
  login.set_username("chef");
  login.set_password(kPassword);
  EXPECT_EQ(Call(*auth_, &Auth::Login, login, &response, "nonsense").error_code(), UNAUTHENTICATED);
  const std::string expired = SignIn("chef").access_token();
  clock_.Advance(absl::Minutes(15));
  const auto sites = feeding::v1::SiteService::NewStub(channel_);
  feeding::v1::ListSitesResponse listed;
  EXPECT_EQ(Call(*sites, &feeding::v1::SiteService::Stub::ListSites, feeding::v1::ListSitesRequest(), &listed, expired).error_code(), UNAUTHENTICATED);
  EXPECT_TRUE(Call(*sites, &feeding::v1::SiteService::Stub::ListSites, feeding::v1::ListSitesRequest(), &listed).ok()) << "nobody may still ask";
  EXPECT_EQ(Me("").error_code(), UNAUTHENTICATED);
}

}  // namespace
}  // namespace egi::api
