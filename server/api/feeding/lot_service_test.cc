#include "server/api/api_test_server.h"

#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "egi/feeding/v1/lot_life.grpc.pb.h"
#include "gmock/gmock.h"

namespace egi::api {
namespace {

using feeding::v1::LotService;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class LotServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (1, 'Gaveur 1', 'LL'), (2, 'Gaveur 2', 'LS')");
    stub_ = LotService::NewStub(channel_);
  }

  void AddLot(const std::string& code, int gaveur, const std::string& statut = "en_gavage") {
    Sql(absl::StrCat("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut) VALUES ('", code, "', left('", code, "', 2), ", gaveur,
                     ", '", statut, "')"));
  }

  // A meal of day `jour` from 2026-01-31 on; morning 07:00, evening 18:00 UTC.
  void AddMeal(const std::string& code, int jour, const std::string& moment, const std::string& target, double real) {
    const std::string hours = moment == "matin" ? "7" : "18";
    Sql(absl::StrCat("WITH m AS (INSERT INTO gavage_meals (code_lot, jour, moment, lot_id, time, body_hash) SELECT '", code, "', ", jour,
                     ", '", moment, "', id, timestamptz '2026-01-31 00:00+00' + interval '", jour, " days ", hours,
                     " hours', '\\x0011223344556677' FROM lots_gavage WHERE code_lot = '", code,
                     "' RETURNING *) INSERT INTO doses_journalieres (time, lot_id, code_lot, jour, repas, moment, dose_theorique, dose_reelle, "
                     "site_code) SELECT time, lot_id, code_lot, jour, ",
                     2 * jour + (moment == "matin" ? 1 : 2), ", moment, ", target, ", ", real, ", left(code_lot, 2) FROM m"));
  }

  std::unique_ptr<LotService::Stub> stub_;
};

TEST_F(LotServiceTest, LotIsFoundByIdAndByCode) {
  AddLot("LL2602001", 1);
  feeding::v1::GetLotRequest request;
  request.set_lot("LL2602001");
  feeding::v1::Lot by_code;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::GetLot, request, &by_code).ok());
  EXPECT_EQ(by_code.jour_actuel(), -1);
  EXPECT_FALSE(by_code.has_itm());
  request.set_lot(std::to_string(by_code.id()));
  feeding::v1::Lot by_id;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::GetLot, request, &by_id).ok());
  EXPECT_EQ(by_id.SerializeAsString(), by_code.SerializeAsString());
  for (const char* unknown : {"LL2602999", "999999", "99999999999999999", "'; DROP TABLE x"}) {
    request.set_lot(unknown);
    const grpc::Status status = Call(*stub_, &LotService::Stub::GetLot, request, &by_id);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << unknown;
    EXPECT_EQ(Reason(status), "LOT_NOT_FOUND");
  }
}

TEST_F(LotServiceTest, PagesNeitherRepeatNorSkipWhileLotsAreInserted) {
  for (int i = 1; i <= 9; ++i) AddLot(absl::StrCat("LL260200", i), 1);
  feeding::v1::ListLotsRequest request;
  request.set_limit(4);
  std::vector<std::string> codes;
  for (int page = 0; page < 5; ++page) {
    feeding::v1::ListLotsResponse response;
    ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListLots, request, &response).ok());
    for (const auto& lot : response.lots()) codes.push_back(lot.code_lot());
    request.set_page_token(response.next_page_token());
    if (page == 0) {
      AddLot("LL2601001", 1);  // before the place reached: never seen
      AddLot("LL2602010", 1);  // after it: seen once
    }
    if (response.next_page_token().empty()) break;
  }
  EXPECT_THAT(codes, ElementsAre("LL2602001", "LL2602002", "LL2602003", "LL2602004", "LL2602005", "LL2602006", "LL2602007", "LL2602008",
                                 "LL2602009", "LL2602010"));
}

TEST_F(LotServiceTest, LastFullPageHasNoToken) {
  AddLot("LL2602001", 1);
  AddLot("LL2602002", 1);
  feeding::v1::ListLotsRequest request;
  request.set_limit(2);
  feeding::v1::ListLotsResponse response;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListLots, request, &response).ok());
  EXPECT_EQ(response.lots_size(), 2);
  EXPECT_EQ(response.next_page_token(), "");
}

TEST_F(LotServiceTest, TokenOfAnotherFilterIsRefusedTogetherWithEveryOtherBadField) {
  AddLot("LL2602001", 1);
  AddLot("LL2602002", 1);
  feeding::v1::ListLotsRequest request;
  request.set_limit(1);
  feeding::v1::ListLotsResponse response;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListLots, request, &response).ok());
  request.set_page_token(response.next_page_token());
  request.set_limit(2);
  EXPECT_TRUE(Call(*stub_, &LotService::Stub::ListLots, request, &response).ok()) << "another limit is the same filter";
  request.set_statut("actif");
  grpc::Status status = Call(*stub_, &LotService::Stub::ListLots, request, &response);
  EXPECT_THAT(BadFields(status), ElementsAre("page_token"));
  request.set_statut("mort");
  request.set_site_code("XX");
  request.set_limit(501);
  request.set_offset(-1);
  request.set_page_token("no token");
  status = Call(*stub_, &LotService::Stub::ListLots, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(BadFields(status), UnorderedElementsAre("site_code", "statut", "limit", "offset", "page_token"));
}

TEST_F(LotServiceTest, ActifMeansPreparedOrFed) {
  AddLot("LL2602001", 1, "en_preparation");
  AddLot("LL2602002", 1, "en_gavage");
  AddLot("LS2602001", 2, "termine");
  feeding::v1::ListLotsRequest request;
  request.set_statut("actif");
  feeding::v1::ListLotsResponse response;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListLots, request, &response).ok());
  EXPECT_EQ(response.lots_size(), 2);
  request.set_statut("termine");
  request.set_site_code("LS");
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListLots, request, &response).ok());
  ASSERT_EQ(response.lots_size(), 1);
  EXPECT_EQ(response.lots(0).code_lot(), "LS2602001");
}

TEST_F(LotServiceTest, DosesAreRecomputedAndAGapIsFlaggedOnTheMealAfterIt) {
  AddLot("LL2602001", 1);
  AddMeal("LL2602001", 0, "matin", "225", 224);
  AddMeal("LL2602001", 0, "soir", "250", 250.5);
  AddMeal("LL2602001", 1, "soir", "NULL", 240);  // the morning was skipped
  feeding::v1::ListDosesRequest request;
  request.set_lot("LL2602001");
  feeding::v1::ListDosesResponse response;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListDoses, request, &response).ok());
  ASSERT_EQ(response.doses_size(), 3);
  const auto& first = response.doses(0);
  EXPECT_DOUBLE_EQ(first.corn_variation().value(), -1);
  EXPECT_EQ(first.delta_feed(), 0);
  EXPECT_FALSE(first.after_gap());
  EXPECT_EQ(first.date(), "2026-01-31");
  EXPECT_DOUBLE_EQ(response.doses(1).delta_feed(), 26.5);
  const auto& last = response.doses(2);
  EXPECT_TRUE(last.after_gap());
  EXPECT_FALSE(last.has_feed_target());
  EXPECT_FALSE(last.has_corn_variation());
  EXPECT_DOUBLE_EQ(last.cumul_corn(), 714.5);
  EXPECT_DOUBLE_EQ(last.delta_feed(), -10.5);
  EXPECT_EQ(last.repas(), 4);
}

TEST_F(LotServiceTest, LotWithoutMealsHasNoDosesAndAnUnknownLotIsNotFound) {
  AddLot("LL2602001", 1);
  feeding::v1::ListDosesRequest request;
  request.set_lot("LL2602001");
  feeding::v1::ListDosesResponse response;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListDoses, request, &response).ok());
  EXPECT_EQ(response.doses_size(), 0);
  request.set_lot("LL2602002");
  EXPECT_EQ(Call(*stub_, &LotService::Stub::ListDoses, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(LotServiceTest, RecentMealsAreThoseOfTheLastDayNewestFirst) {
  AddLot("LL2602001", 1);
  AddLot("LS2602001", 2);
  AddMeal("LL2602001", 1, "soir", "250", 250);   // 39 h before the clock
  AddMeal("LL2602001", 2, "soir", "260", 260);   // 15 h
  AddMeal("LS2602001", 3, "matin", "270", 270);  // 2 h
  feeding::v1::ListRecentMealsRequest request;
  feeding::v1::ListRecentMealsResponse response;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListRecentMeals, request, &response).ok());
  ASSERT_EQ(response.meals_size(), 2);
  EXPECT_EQ(response.meals(0).code_lot(), "LS2602001");
  EXPECT_EQ(response.meals(0).gaveur_id().value(), 2);
  EXPECT_EQ(absl::StrCat(response.meals(0).lot_id()), Sql("SELECT id FROM lots_gavage WHERE code_lot = 'LS2602001'"));
  request.set_site_code("LL");
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListRecentMeals, request, &response).ok());
  ASSERT_EQ(response.meals_size(), 1);
  request.set_limit(51);
  EXPECT_THAT(BadFields(Call(*stub_, &LotService::Stub::ListRecentMeals, request, &response)), ElementsAre("limit"));
}

TEST_F(LotServiceTest, HistoryIsBoundedByFeederLotAndTime) {
  AddLot("LL2602001", 1);
  AddLot("LL2602002", 1);
  AddLot("LS2602001", 2);
  AddMeal("LL2602001", 0, "matin", "225", 225);
  AddMeal("LL2602001", 0, "soir", "250", 250);
  AddMeal("LL2602002", 1, "matin", "260", 260);
  AddMeal("LS2602001", 1, "matin", "270", 270);
  feeding::v1::ListMealHistoryRequest request;
  feeding::v1::ListRecentMealsResponse response;
  EXPECT_THAT(BadFields(Call(*stub_, &LotService::Stub::ListMealHistory, request, &response)), ElementsAre("gaveur_id"));
  request.set_gaveur_id(1);
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListMealHistory, request, &response).ok());
  EXPECT_EQ(response.meals_size(), 3);
  request.set_lot("LL2602001");
  request.mutable_from()->set_seconds(1769842800);  // 2026-01-31 07:00
  request.mutable_to()->set_seconds(1769882400);    // 2026-01-31 18:00, exclusive
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListMealHistory, request, &response).ok());
  ASSERT_EQ(response.meals_size(), 1);
  EXPECT_EQ(response.meals(0).moment(), "matin");
  request.set_lot("LL2602009");
  EXPECT_EQ(Call(*stub_, &LotService::Stub::ListMealHistory, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
  request.set_lot("LS2602001");  // a lot of another feeder has no meals of this one
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::ListMealHistory, request, &response).ok());
  EXPECT_EQ(response.meals_size(), 0);
}

feeding::v1::CreateLotRequest NewLot(const std::string& request_id) {
  feeding::v1::CreateLotRequest request;
  request.set_request_id(request_id);
  request.set_site_code("LL");
  request.set_gaveur_id(1);
  request.set_genetique("Mulard");
  request.set_nb_canards_initial(800);
  request.set_debut_lot("2026-02-04");
  request.set_duree_prevue(12);
  request.set_origine("manual");
  return request;
}

TEST_F(LotServiceTest, RepeatedWishAnswersTheSameLot) {
  AddLot("LL2602001", 1);  // its number is stepped over
  feeding::v1::Lot lot, again, other;
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, NewLot("wish-1"), &lot).ok());
  EXPECT_EQ(lot.code_lot(), "LL2602002");
  EXPECT_EQ(lot.statut(), "en_preparation");
  EXPECT_EQ(lot.gaveur_id().value(), 1);
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, NewLot("wish-1"), &again).ok());
  EXPECT_EQ(again.id(), lot.id());
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, NewLot("wish-2"), &other).ok());
  EXPECT_EQ(other.code_lot(), "LL2602003");
  EXPECT_EQ(Sql("SELECT count(*) FROM event_batches WHERE kind = 'lot'"), "2");
}

TEST_F(LotServiceTest, MonthOf999LotsIsExhausted) {
  Sql("INSERT INTO lot_numbers VALUES ('LL', '2602', 999)");
  feeding::v1::Lot lot;
  feeding::v1::CreateLotRequest wish = NewLot("wish");
  wish.set_origine("simulator");
  wish.set_gaveur_id(7);
  const grpc::Status status = Call(*stub_, &LotService::Stub::CreateLot, wish, &lot);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_euralis WHERE id = 7"), "0") << "nothing of a refused wish is kept";
}

TEST_F(LotServiceTest, NewLotNamesEveryBadField) {
  feeding::v1::CreateLotRequest request;
  request.set_debut_lot("2026-02-30");
  request.set_genetique("Oie");
  request.set_origine("stream");
  feeding::v1::Lot lot;
  EXPECT_THAT(BadFields(Call(*stub_, &LotService::Stub::CreateLot, request, &lot)),
              UnorderedElementsAre("request_id", "site_code", "gaveur_id", "genetique", "nb_canards_initial", "debut_lot", "duree_prevue",
                                   "origine"));
}

TEST_F(LotServiceTest, WhoOpensALotStandsInItsHistory) {
  feeding::v1::Lot lot;
  feeding::v1::CreateLotRequest wish = NewLot("wish-1");
  wish.set_by("user:3");
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, wish, &lot).ok());
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, NewLot("wish-2"), &lot).ok());
  const auto life = feeding::v1::LotLifeService::NewStub(channel_);
  std::vector<std::string> opened_by;
  for (const char* code : {"LL2602001", "LL2602002"}) {
    feeding::v1::ListLotChangesRequest request;
    request.set_lot(code);
    feeding::v1::ListLotChangesResponse response;
    ASSERT_TRUE(Call(*life, &feeding::v1::LotLifeService::Stub::ListLotChanges, request, &response).ok());
    ASSERT_EQ(response.changes_size(), 1);
    EXPECT_EQ(response.changes(0).transition(), "create");
    opened_by.push_back(response.changes(0).changed_by());
  }
  EXPECT_THAT(opened_by, ElementsAre("user:3", Sql("SELECT current_user")));
  wish.set_request_id("wish-3");
  wish.set_by(std::string(101, 'x'));
  EXPECT_THAT(BadFields(Call(*stub_, &LotService::Stub::CreateLot, wish, &lot)), ElementsAre("by"));
}

// What the gateway makes 201, 200 and the header Idempotency-Key of.
TEST_F(LotServiceTest, AnswerTellsWhetherTheLotIsNewAndTheKeyOfTheHeaderIsTheRequestId) {
  feeding::v1::Lot lot;
  const auto open = [&](const feeding::v1::CreateLotRequest& request, const char* key, std::string* outcome) {
    grpc::ClientContext context;
    context.AddMetadata("idempotency-key", key);
    const grpc::Status status = stub_->CreateLot(&context, request, &lot);
    const auto found = context.GetServerInitialMetadata().find("egi-outcome");
    *outcome = found == context.GetServerInitialMetadata().end() ? "" : std::string(found->second.data(), found->second.size());
    return status;
  };
  std::string outcome;
  ASSERT_TRUE(open(NewLot(""), "key-1", &outcome).ok());
  EXPECT_EQ(outcome, "created");
  const std::string code = lot.code_lot();
  ASSERT_TRUE(open(NewLot("key-1"), "key-1", &outcome).ok());
  EXPECT_EQ(outcome, "replayed");
  EXPECT_EQ(lot.code_lot(), code);
  EXPECT_THAT(BadFields(open(NewLot("another"), "key-1", &outcome)), ElementsAre("request_id"));
}

TEST_F(LotServiceTest, RequestIdWithAnyOtherContentIsRefused) {
  feeding::v1::Lot lot;
  feeding::v1::CreateLotRequest wish = NewLot("wish-1");
  wish.mutable_poids_moyen_initial()->set_value(4512.5);
  wish.mutable_age_animaux()->set_value(92);
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, wish, &lot).ok());
  EXPECT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, wish, &lot).ok());
  const auto refused = [&](const std::function<void(feeding::v1::CreateLotRequest*)>& change) {
    feeding::v1::CreateLotRequest other = wish;
    change(&other);
    return Reason(Call(*stub_, &LotService::Stub::CreateLot, other, &lot));
  };
  EXPECT_EQ(refused([](auto* other) { other->mutable_poids_moyen_initial()->set_value(4513); }), "REQUEST_ID_REUSED");
  EXPECT_EQ(refused([](auto* other) { other->mutable_objectif_quantite_mais()->set_value(9000); }), "REQUEST_ID_REUSED");
  EXPECT_EQ(refused([](auto* other) { other->mutable_objectif_poids_final()->set_value(6800); }), "REQUEST_ID_REUSED");
  EXPECT_EQ(refused([](auto* other) { other->mutable_lot_mais_id()->set_value(12); }), "REQUEST_ID_REUSED");
  EXPECT_EQ(refused([](auto* other) { other->clear_age_animaux(); }), "REQUEST_ID_REUSED");
  Sql("UPDATE lots_gavage SET age_animaux = 93, nb_canards_initial = 801 WHERE id = " + std::to_string(lot.id()) + " RETURNING 1");
  EXPECT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, wish, &lot).ok()) << "the wish is what it was opened with, whatever became of it";
}

TEST_F(LotServiceTest, FeederThatNobodyRegisteredIsRefusedButForSimulators) {
  feeding::v1::Lot lot;
  feeding::v1::CreateLotRequest wish = NewLot("wish-1");
  wish.set_gaveur_id(777777);
  const grpc::Status refused = Call(*stub_, &LotService::Stub::CreateLot, wish, &lot);
  EXPECT_THAT(BadFields(refused), ElementsAre("gaveur_id"));
  EXPECT_THAT(refused.error_message(), ::testing::HasSubstr("POST /api/gaveurs"));
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_euralis"), "2");
  wish.set_origine("simulator");
  ASSERT_TRUE(Call(*stub_, &LotService::Stub::CreateLot, wish, &lot).ok());
  EXPECT_EQ(Sql("SELECT nom FROM gaveurs_euralis WHERE id = 777777"), "Gaveur 777777");
}

// The clock stands at 2026-02-03.
TEST_F(LotServiceTest, FirstDayOfALotOfAPersonIsNear) {
  feeding::v1::Lot lot;
  int wishes = 0;
  const auto open = [&](const char* day, const char* origin) {
    feeding::v1::CreateLotRequest wish = NewLot(absl::StrCat("wish-", ++wishes));
    wish.set_debut_lot(day);
    wish.set_origine(origin);
    return Call(*stub_, &LotService::Stub::CreateLot, wish, &lot);
  };
  EXPECT_TRUE(open("2026-04-04", "manual").ok()) << "60 days ahead";
  EXPECT_THAT(BadFields(open("2026-04-05", "manual")), ElementsAre("debut_lot"));
  EXPECT_THAT(BadFields(open("2999-01-01", "manual")), ElementsAre("debut_lot"));
  EXPECT_TRUE(open("2024-02-04", "manual").ok()) << "730 days back";
  EXPECT_THAT(BadFields(open("2024-02-03", "manual")), ElementsAre("debut_lot"));
  EXPECT_TRUE(open("2024-01-02", "simulator").ok()) << "simulators play other years";
}

}  // namespace
}  // namespace egi::api
