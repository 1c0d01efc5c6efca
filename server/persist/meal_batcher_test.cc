// The meal batcher over a real PostgreSQL: what goes beyond the contract of every storage (server/storage/store_contract_test.cc).
#include <algorithm>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/base/fake_clock.h"
#include "server/persist/batcher.h"
#include "server/persist/submit_and_wait.h"
#include "server/storage/expect_replay.h"
#include "server/storage/postgres/meal_committer.h"
#include "server/storage/postgres/pool.h"
#include "server/storage/postgres/postgres_event_store.h"
#include "server/storage/postgres/postgres_producer_store.h"
#include "server/validate/good_items.h"
#include "tests/support/test_database.h"

namespace egi::persist {
namespace {

using ::egi::testing::TestDatabase;

class MealBatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    events_ = std::make_unique<storage::PostgresEventStore>(database_->url(), &clock_);
    batcher_ = Start([](int) {});
  }

  std::unique_ptr<MealBatcher> Start(std::function<void(int)> before_commit) {
    storage::PostgresMealCommitter::Options options{
        .url = database_->url(),
        .judge = [](const feeding::v1::Meal& meal, const analyse::LotState& lot) { return analyse::JudgeMeal(meal, lot); },
        .before_commit = std::move(before_commit)};
    auto batcher = MealBatcher::Create(std::make_unique<storage::PostgresMealCommitter>(options, &clock_),
                                       {.on_committed = [this](std::shared_ptr<const CommittedBatch> batch) {
                                         std::lock_guard<std::mutex> lock(mutex_);
                                         committed_.push_back(std::move(batch));
                                       }});
    EXPECT_TRUE(batcher.ok());
    return *std::move(batcher);
  }

  // Meal of day `jour`; meals of a lot are twelve hours apart.
  MealWrite Write(int jour, const std::string& moment, double dose = 340) {
    MealWrite write;
    write.received = validate::TestNow();
    write.meal = validate::GoodMeal();
    write.meal.set_jour(jour);
    write.meal.set_moment(moment);
    write.meal.set_dose_theorique(340);
    write.meal.set_dose_reelle(dose);
    write.meal.set_poids_moyen(4500 + 80 * (2 * jour + (moment == "soir" ? 1 : 0)));
    write.meal.mutable_timestamp()->set_seconds(1'769'500'000 + jour * 86'400 + (moment == "soir" ? 43'200 : 0));
    return write;
  }

  GroupOutcome Submit(std::vector<MealWrite> writes) {
    GroupOutcome outcome = SubmitAndWait<MealWrite>(batcher_.get(), std::move(writes));
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    return outcome;
  }

  std::string Lot(const std::string& column) {
    return database_->Ask(absl::StrCat("SELECT ", column, " FROM lots_gavage WHERE code_lot = 'LL2602003'"));
  }

  void ExpectReplayEqualsLive() {
    std::lock_guard<std::mutex> lock(mutex_);
    std::sort(committed_.begin(), committed_.end(), [](const auto& a, const auto& b) { return a->commit_seq < b->commit_seq; });
    storage::ExpectReplayEqualsLive(*events_, committed_);
  }

  FakeClock clock_{validate::TestNow()};
  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<storage::PostgresEventStore> events_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const CommittedBatch>> committed_;
  std::unique_ptr<MealBatcher> batcher_;
};

TEST_F(MealBatcherTest, FirstMealCreatesLotAndGaveurAndStartsTheFeeding) {
  const GroupOutcome outcome = Submit({Write(0, "matin"), Write(0, "soir", 300)});
  EXPECT_EQ(outcome.items[0].fate, Fate::kSaved);
  EXPECT_GT(outcome.items[0].gavage_id, 0);
  EXPECT_NE(outcome.items[0].gavage_id, outcome.items[1].gavage_id);
  EXPECT_EQ(Lot("statut || ' ' || site_code || ' ' || gaveur_id || ' ' || jour_actuel || ' ' || total_corn_real"), "en_gavage LL 4 0 640");
  EXPECT_EQ(database_->Ask("SELECT nom FROM gaveurs_euralis WHERE id = 4"), "Gaveur 4");
  EXPECT_EQ(database_->Ask("SELECT string_agg(repas::text, ',' ORDER BY repas) FROM doses_journalieres"), "1,2");
  ExpectReplayEqualsLive();
}

TEST_F(MealBatcherTest, AnnouncementMakesTheLotWithoutAMeal) {
  MealWrite announced = Write(-1, "matin");
  announced.meal.clear_dose_reelle();
  announced.meal.set_nb_canards_initial(50);
  EXPECT_EQ(Submit({announced}).items[0].fate, Fate::kSaved);
  EXPECT_EQ(Submit({announced}).items[0].fate, Fate::kSaved);
  EXPECT_EQ(Lot("statut || ' ' || nb_canards_initial"), "en_preparation 50");
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM doses_journalieres"), "0");
  ExpectReplayEqualsLive();
}

TEST_F(MealBatcherTest, NewLotOfAnotherSiteThanItsCodeIsRefusedAndNotMade) {
  MealWrite elsewhere = Write(0, "matin");
  elsewhere.meal.set_site("MT");
  const GroupOutcome outcome = Submit({elsewhere});
  EXPECT_EQ(outcome.items[0].rejection.code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_NE(outcome.items[0].rejection.message().find("LL2602003 is a lot of site LL"), std::string::npos)
      << outcome.items[0].rejection.message();
  EXPECT_EQ(Lot("1"), "");
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM gaveurs_euralis WHERE id = 4"), "0");
}

TEST_F(MealBatcherTest, OtherGaveurOrSiteIsRefusedAndUnnamedOnesAreThoseOfTheLot) {
  Submit({Write(0, "matin")});
  MealWrite gaveur = Write(0, "soir"), site = Write(1, "matin"), unnamed = Write(1, "soir");
  gaveur.meal.set_gaveur_id(5);
  site.meal.set_site("MT");
  unnamed.meal.set_gaveur_id(0);
  unnamed.meal.clear_site();
  const GroupOutcome outcome = Submit({gaveur, site, unnamed});
  EXPECT_EQ(outcome.items[0].rejection.code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(outcome.items[1].rejection.code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(outcome.items[2].fate, Fate::kSaved);
  EXPECT_EQ(database_->Ask("SELECT gaveur_id || site_code FROM doses_journalieres WHERE jour = 1"), "4LL");
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM rejected_messages WHERE position('Gaveur 4' IN encode(payload, 'escape')) > 0"), "0");
}

TEST_F(MealBatcherTest, RepeatIsADuplicateAndOtherValuesCorrectKeepingTheFirst) {
  const int32_t id = Submit({Write(0, "matin", 340), Write(0, "soir", 341)}).items[0].gavage_id;
  GroupOutcome again = Submit({Write(0, "matin", 340)});
  EXPECT_EQ(again.items[0].fate, Fate::kDuplicate);
  EXPECT_EQ(again.items[0].gavage_id, id);
  GroupOutcome corrected = Submit({Write(0, "matin", 345), Write(0, "matin", 345), Write(0, "matin", 350), Write(1, "matin", 1), Write(1, "matin", 2)});
  EXPECT_EQ(corrected.items[0].fate, Fate::kCorrected);
  EXPECT_EQ(corrected.items[1].fate, Fate::kDuplicate);
  EXPECT_EQ(corrected.items[2].fate, Fate::kCorrected);
  EXPECT_EQ(corrected.items[2].gavage_id, id);
  EXPECT_EQ(corrected.items[4].fate, Fate::kCorrected);
  EXPECT_EQ(database_->Ask("SELECT string_agg(dose_reelle || '/' || correction, ' ' ORDER BY jour, moment) FROM doses_journalieres"),
            "350/2 341/0 2/1");
  EXPECT_EQ(database_->Ask("SELECT string_agg(old_dose_reelle || '/' || correction, ' ' ORDER BY jour, correction) FROM gavage_meal_corrections"),
            "340/1 345/2 1/1");
  EXPECT_EQ(Lot("total_corn_real"), "693");
  ExpectReplayEqualsLive();
  // A batcher that remembers nothing sees the same ledger.
  batcher_ = Start([](int) {});
  EXPECT_EQ(Submit({Write(0, "matin", 350)}).items[0].fate, Fate::kDuplicate);
  EXPECT_EQ(Submit({Write(0, "soir", 342)}).items[0].fate, Fate::kCorrected);
  ExpectReplayEqualsLive();
}

TEST_F(MealBatcherTest, LateMealIsStoredAtItsTimeAndOverwritesNothingNewer) {
  Submit({Write(0, "matin"), Write(2, "soir")});
  Submit({Write(1, "matin")});
  EXPECT_EQ(Lot("jour_actuel || ' ' || poids_moyen_actuel || ' ' || total_corn_real"), "2 4900 1020");
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM doses_journalieres"), "3");
}

TEST_F(MealBatcherTest, LastMealFinishesTheLotOnceAndItNeverGoesBack) {
  MealWrite last = Write(12, "soir");
  last.meal.set_pret_abattage(true);
  Submit({Write(0, "matin"), last});
  EXPECT_EQ(Lot("statut || pret_abattage"), "terminetrue");
  EXPECT_EQ(database_->Ask("SELECT status || poids_moyen_final FROM sqal_pending_lots"), "pending6500");
  MealWrite corrected = last;
  corrected.meal.set_dose_reelle(200);
  Submit({corrected, Write(5, "matin")});
  EXPECT_EQ(Lot("statut"), "termine");
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM sqal_pending_lots"), "1");
  std::vector<std::string> states;
  for (const auto& batch : committed_) {
    for (const auto& event : batch->events) {
      if (event.has_lot()) states.push_back(event.lot().statut());
    }
  }
  EXPECT_EQ(states, (std::vector<std::string>{"en_preparation", "en_gavage", "termine", "pending"}));
  ExpectReplayEqualsLive();
}

TEST_F(MealBatcherTest, AlertOpensOnceCountsRepeatsAndClosesWhenBackInRange) {
  EXPECT_EQ(Submit({Write(0, "matin", 340), Write(0, "soir", 290)}).items[1].alerts_opened, 1);  // -14.7 %
  EXPECT_EQ(Submit({Write(1, "matin", 290)}).items[0].alerts_opened, 0);
  EXPECT_EQ(database_->Ask("SELECT object_key || ' ' || occurrences FROM alert_open WHERE alert_type = 'dose_ecart'"), "lot:LL2602003 2");
  Submit({Write(1, "soir", 340)});
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM alert_open WHERE alert_type = 'dose_ecart'"), "0");
  EXPECT_EQ(database_->Ask("SELECT occurrences || ' ' || (closed_at IS NOT NULL) FROM alertes_euralis WHERE type_alerte = 'dose_ecart'"), "2 true");
  EXPECT_EQ(Submit({Write(2, "matin", 290), Write(2, "soir", 340), Write(3, "matin", 290)}).items[2].alerts_opened, 1);
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM alertes_euralis WHERE type_alerte = 'dose_ecart'"), "3");
  ExpectReplayEqualsLive();
}

TEST_F(MealBatcherTest, WorseRepeatReplacesTheOpenAlertSoThatItIsSeen) {
  EXPECT_EQ(Submit({Write(0, "matin", 340), Write(0, "soir", 290)}).items[1].alerts_opened, 1);  // -14.7 %: warning
  EXPECT_EQ(Submit({Write(1, "matin", 250)}).items[0].alerts_opened, 1);                         // -26.5 %: critical
  EXPECT_EQ(Submit({Write(1, "soir", 290)}).items[0].alerts_opened, 0) << "a milder repeat only counts";
  EXPECT_EQ(database_->Ask("SELECT string_agg(severite || ' ' || occurrences || ' ' || (closed_at IS NOT NULL), ', ' ORDER BY id) "
                           "FROM alertes_euralis WHERE type_alerte = 'dose_ecart'"),
            "warning 1 true, critique 1 false");
  EXPECT_EQ(database_->Ask("SELECT occurrences FROM alert_open WHERE alert_type = 'dose_ecart'"), "2");
}

TEST_F(MealBatcherTest, PoisonMealIsTakenOutAndTheRestIsStored) {
  std::vector<MealWrite> writes;
  for (int jour = 0; jour < 12; ++jour) writes.push_back(Write(jour, "matin"));
  writes[5].meal.set_poids_moyen(99'999);  // the table allows 500..12000
  const GroupOutcome outcome = Submit(writes);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(outcome.items[i].fate, i == 5 ? Fate::kRejected : Fate::kSaved) << i;
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM doses_journalieres"), "11");
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM rejected_messages"), "1");
  ExpectReplayEqualsLive();
}

TEST_F(MealBatcherTest, CommitWhoseConnectionDiedIsNeitherLostNorStoredTwice) {
  int commits = 0;
  batcher_ = nullptr;
  batcher_ = Start([this, &commits](int pid) {
    if (++commits % 2 == 1) database_->Ask(absl::StrCat("SELECT pg_terminate_backend(", pid, ")"));
  });
  for (int jour = 0; jour < 6; ++jour) EXPECT_EQ(Submit({Write(jour, "matin")}).items[0].fate, Fate::kSaved);
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM doses_journalieres"), "6");
  ExpectReplayEqualsLive();
}

TEST_F(MealBatcherTest, TwoServersShareLotsAndOneOrder) {
  auto other = Start([](int) {});
  std::vector<std::future<GroupOutcome>> answers;
  for (int jour = 0; jour < 14; ++jour) {
    for (const char* moment : {"matin", "soir"}) {
      answers.push_back(SubmitLater<MealWrite>(batcher_.get(), {Write(jour, moment)}));
      answers.push_back(SubmitLater<MealWrite>(other.get(), {Write(jour, moment)}));
    }
  }
  int saved = 0, duplicates = 0;
  for (auto& answer : answers) {
    const GroupOutcome outcome = answer.get();
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    saved += outcome.items[0].fate == Fate::kSaved;
    duplicates += outcome.items[0].fate == Fate::kDuplicate;
  }
  EXPECT_EQ(saved, 28);
  EXPECT_EQ(duplicates, 28);
  EXPECT_EQ(Lot("total_corn_real"), "9520");
  ExpectReplayEqualsLive();
}

}  // namespace
}  // namespace egi::persist
