// Who sees whose name and contact, and the accounts of feeders.
#include <string>
#include <vector>

#include "egi/feeding/v1/gaveur.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/identity/identity_api_test.h"

namespace egi::api {
namespace {

using feeding::v1::CreateGaveurRequest;
using feeding::v1::Gaveur;
using feeding::v1::GaveurService;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Feeders 1 and 2 belong to LL, 3 to MT with a lot at LL; of 2 only the whole name is known, and of 4 (MT) nothing.
class GaveurContactTest : public IdentityApiTest {
 protected:
  void SetUp() override {
    IdentityApiTest::SetUp();
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (1, 'Gaveur 1', 'LL'), (2, 'Gaveur 2', 'LL'), (3, 'Gaveur 3', 'MT'), (4, 'Gaveur 4', 'MT')");
    Sql("INSERT INTO gaveurs_contact (gaveur_id, nom_complet, nom_usage, email, telephone1) VALUES (1, 'Anne Marie Dupont', 'Dupont', 'anne@dupont.example', '0102030405'), "
        "(2, 'EARL DU LAC', 'DU CHENE', NULL, NULL), (3, 'Zoe Petit', 'Petit', 'zoe@petit.example', NULL)");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut) VALUES ('LL2602001', 'LL', 3, 'en_preparation')");
    stub_ = GaveurService::NewStub(channel_);
    admin_ = Admin();
  }

  // An access token for a new account.
  std::string Token(const identity::v1::CreateAccountRequest& wish) {
    const grpc::Status status = Create(wish, admin_);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return SignIn(wish.username()).access_token();
  }
  std::string Supervisor(const std::string& site) {
    auto wish = Wish("chef." + site, "supervisor");
    wish.set_sites(0, site);
    return Token(wish);
  }
  std::string Feeder(int id) {
    auto wish = Wish("gaveur" + std::to_string(id), "gaveur");
    wish.set_gaveur_id(id);
    return Token(wish);
  }

  template <typename Message>
  static std::string Told(const Message& gaveur) {
    std::string told = gaveur.nom();
    for (const auto* part : {gaveur.has_prenom() ? &gaveur.prenom() : nullptr, gaveur.has_email() ? &gaveur.email() : nullptr, gaveur.has_telephone() ? &gaveur.telephone() : nullptr}) {
      told += part == nullptr ? "|-" : "|" + part->value();
    }
    return told;
  }
  std::string Get(int id, const std::string& token) {
    feeding::v1::GetGaveurRequest request;
    request.set_id(id);
    Gaveur gaveur;
    const grpc::Status status = Call(*stub_, &GaveurService::Stub::GetGaveur, request, &gaveur, token);
    return status.ok() ? Told(gaveur) : status.error_message();
  }
  std::vector<std::string> List(const std::string& site, const std::string& token) {
    feeding::v1::ListSiteGaveursRequest request;
    request.set_code(site);
    feeding::v1::ListSiteGaveursResponse response;
    EXPECT_TRUE(Call(*stub_, &GaveurService::Stub::ListSiteGaveurs, request, &response, token).ok());
    std::vector<std::string> told;
    for (const auto& gaveur : response.gaveurs()) told.push_back(Told(gaveur));
    return told;
  }
  static CreateGaveurRequest Somebody() {
    CreateGaveurRequest request;
    request.set_nom("Martin");
    request.set_prenom("Claude");
    request.set_email("claude@martin.example");
    request.set_site_code("MT");
    request.set_request_id("wish-1");
    request.set_password(kPassword);
    return request;
  }

  std::unique_ptr<GaveurService::Stub> stub_;
  std::string admin_;
};

constexpr char kAnne[] = "Dupont|Anne Marie|anne@dupont.example|0102030405";
constexpr char kZoe[] = "Petit|Zoe|zoe@petit.example|-";

TEST_F(GaveurContactTest, AdminSeesEverybodyAndNobodySeesNobody) {
  EXPECT_EQ(Get(1, admin_), kAnne);
  EXPECT_EQ(Get(2, admin_), "EARL DU LAC|-|-|-") << "what the file told";
  EXPECT_EQ(Get(4, admin_), "Gaveur 4|-|-|-") << "nothing is known";
  EXPECT_THAT(List("LL", admin_), ElementsAre(kAnne, "EARL DU LAC|-|-|-", kZoe));
  EXPECT_EQ(Get(1, ""), "Gaveur 1|-|-|-");
  EXPECT_THAT(List("LL", ""), ElementsAre("Gaveur 1|-|-|-", "Gaveur 2|-|-|-", "Gaveur 3|-|-|-"));
}

TEST_F(GaveurContactTest, SupervisorSeesTheFeedersOfTheOwnSites) {
  const std::string ll = Supervisor("LL"), ls = Supervisor("LS"), mt = Supervisor("MT");
  EXPECT_EQ(Get(1, ll), kAnne);
  EXPECT_EQ(Get(3, ll), kZoe) << "has a lot there";
  EXPECT_EQ(Get(1, mt), "Gaveur 1|-|-|-");
  EXPECT_EQ(Get(3, mt), kZoe);
  EXPECT_EQ(Get(3, ls), "Gaveur 3|-|-|-");
  EXPECT_THAT(List("LL", mt), ElementsAre("Gaveur 1|-|-|-", "Gaveur 2|-|-|-", kZoe));
  Sql("UPDATE lots_gavage SET statut = 'annule'");
  EXPECT_EQ(Get(3, ll), "Gaveur 3|-|-|-") << "a cancelled lot is none";
}

TEST_F(GaveurContactTest, FeederSeesTheOwnAndOtherRolesNobody) {
  const std::string anne = Feeder(1);
  EXPECT_EQ(Get(1, anne), kAnne);
  EXPECT_EQ(Get(3, anne), "Gaveur 3|-|-|-");
  EXPECT_THAT(List("LL", anne), ElementsAre(kAnne, "Gaveur 2|-|-|-", "Gaveur 3|-|-|-"));
  for (const char* role : {"inspector", "analyst", "auditor"}) EXPECT_EQ(Get(1, Token(Wish(role, role))), "Gaveur 1|-|-|-") << role;
}

TEST_F(GaveurContactTest, WhatAnAccountMayNotSeeAnyMoreIsNotToldWithItsOldToken) {
  const std::string ll = Supervisor("LL");
  Sql("UPDATE accounts SET sites = '{MT}' WHERE username = 'chef.ll'");
  EXPECT_EQ(Get(1, ll), "Gaveur 1|-|-|-");
  Sql("UPDATE accounts SET disabled_at = now() WHERE username = 'chef.ll'");
  EXPECT_THAT(Get(1, ll), HasSubstr("sign in again"));
}

TEST_F(GaveurContactTest, FeederWithAPasswordHasAnAccountAtOnce) {
  Gaveur gaveur;
  ASSERT_TRUE(Call(*stub_, &GaveurService::Stub::CreateGaveur, Somebody(), &gaveur).ok());
  EXPECT_EQ(Told(gaveur), "Gaveur 101|-|-|-") << "the registration itself tells nothing";
  identity::v1::LoginResponse login;
  ASSERT_TRUE(Login("claude@martin.example", kPassword, &login).ok());
  EXPECT_EQ(login.user_info().role(), "gaveur");
  EXPECT_EQ(login.user_info().gaveur_id().value(), 101);
  EXPECT_THAT(login.user_info().sites(), ElementsAre("MT"));
  EXPECT_EQ(Get(101, login.access_token()), "Martin|Claude|claude@martin.example|-");
  EXPECT_EQ(Sql("SELECT count(*) FROM identity_audit WHERE act = 'create_account' AND account_id = 2 AND actor_id IS NULL"), "1");
}

TEST_F(GaveurContactTest, SameWishAnswersTheSameFeederAndItsAccountStays) {
  Gaveur first, again;
  auto wish = Somebody();
  ASSERT_TRUE(Call(*stub_, &GaveurService::Stub::CreateGaveur, wish, &first).ok());
  wish.set_password("another password");
  ASSERT_TRUE(Call(*stub_, &GaveurService::Stub::CreateGaveur, wish, &again).ok());
  EXPECT_EQ(again.id(), first.id());
  identity::v1::LoginResponse login;
  EXPECT_TRUE(Login("claude@martin.example", kPassword, &login).ok()) << "the password is that of the first";
  EXPECT_FALSE(Login("claude@martin.example", "another password", &login).ok());
  wish.clear_password();
  EXPECT_EQ(Reason(Call(*stub_, &GaveurService::Stub::CreateGaveur, wish, &again)), "REQUEST_ID_REUSED") << "a feeder without an account is another wish";
}

TEST_F(GaveurContactTest, EmailOfAnAccountIsTakenAndNothingIsLeftBehind) {
  auto chef = Wish("claude", "analyst");
  chef.set_email("CLAUDE@martin.example");
  ASSERT_TRUE(Create(chef, admin_).ok());
  Gaveur gaveur;
  const grpc::Status status = Call(*stub_, &GaveurService::Stub::CreateGaveur, Somebody(), &gaveur);
  EXPECT_EQ(Reason(status), "EMAIL_TAKEN");
  EXPECT_THAT(status.error_message(), Not(HasSubstr("martin")));
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_euralis"), "4");
}

TEST_F(GaveurContactTest, PasswordNeedsAnEmail) {
  auto wish = Somebody();
  wish.clear_email();
  Gaveur gaveur;
  EXPECT_THAT(BadFields(Call(*stub_, &GaveurService::Stub::CreateGaveur, wish, &gaveur)), ElementsAre("email"));
  wish.clear_password();
  EXPECT_THAT(BadFields(Call(*stub_, &GaveurService::Stub::CreateGaveur, wish, &gaveur)), IsEmpty());
}

}  // namespace
}  // namespace egi::api
