// Days entered as a whole, named requests and gaps in the series, asked of the fake and of PostgreSQL.
#include "gmock/gmock.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"
#include "server/storage/store_contract.h"

namespace egi::storage {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

class MealEntryContract : public StoreContract {
 protected:
  // Day `jour` of LL2602003 with both doses; the times are those of Meal().
  static MealWrite Day(int jour, double matin, double soir) {
    MealWrite write;
    write.received = validate::TestNow();
    write.meal.set_code_lot("LL2602003");
    write.meal.set_jour(jour);
    write.meal.set_moment("matin");
    *write.meal.mutable_timestamp() = Meal(jour, "matin").meal.timestamp();
    write.day.emplace();
    write.day->date = "2026-01-27";
    write.day->entry.set_dose_matin(matin);
    write.day->entry.set_dose_soir(soir);
    write.day->entry.set_nb_canards_peses(3);
    for (double weight : {4500.0, 4600.0, 4700.0}) write.day->entry.add_poids_echantillon(weight);
    write.day->entry.set_saisi_par("user:4");
    write.day->matin = ToTime(Meal(jour, "matin").meal.timestamp());
    write.day->soir = ToTime(Meal(jour, "soir").meal.timestamp());
    return write;
  }

  static MealWrite Named(MealWrite write, const std::string& id, const std::string& hash) {
    write.request = {id, std::string(64, hash[0])};
    return write;
  }

  // The lot of Day with 50 birds placed.
  void MakeLot() {
    MealWrite announcement = Announcement("LL2602003", 4);
    announcement.meal.set_nb_canards_initial(50);
    Commit({announcement});
  }

  // The meals among the events of the last commit.
  std::vector<feeding::v1::Meal> LastMeals() const {
    std::vector<feeding::v1::Meal> meals;
    for (const Event& event : last_->events) {
      if (event.has_meal()) meals.push_back(event.meal().meal());
    }
    return meals;
  }
};

TEST_P(MealEntryContract, DayBecomesItsTwoMeals) {
  MakeLot();
  MealWrite day = Day(0, 300, 320);
  day.day->entry.set_mortalite_jour(2);
  day.day->entry.set_temperature_stabule(21);
  const auto items = Commit({day});
  EXPECT_EQ(items[0].fate, Fate::kSaved);
  ASSERT_EQ(items[0].gavage_ids.size(), 2u);
  EXPECT_EQ(items[0].gavage_id, items[0].gavage_ids[0]);
  const auto meals = LastMeals();
  ASSERT_EQ(meals.size(), 2u);
  EXPECT_EQ(meals[0].dose_reelle(), 300);
  EXPECT_EQ(meals[1].dose_reelle(), 320);
  EXPECT_EQ(meals[0].gaveur_id(), 4) << "of the lot";
  EXPECT_FALSE(meals[0].has_poids_moyen());
  EXPECT_EQ(meals[1].poids_moyen(), 4600);
  EXPECT_EQ(meals[0].nb_canards_vivants(), 48);
  EXPECT_EQ(meals[1].nb_canards_vivants(), 48) << "the losses of a day are counted once";
  EXPECT_DOUBLE_EQ(meals[1].taux_mortalite(), 4);
  EXPECT_EQ(meals[0].nb_morts(), 2);
  EXPECT_EQ(meals[1].nb_morts(), 0);
  EXPECT_EQ(meals[1].temperature_stabule(), 21);
  ExpectReplayEqualsLive();
}

TEST_P(MealEntryContract, DayThatIsKnownIsAlreadyExistsAndStoresNothing) {
  MakeLot();
  Commit({Day(0, 300, 320)});
  EXPECT_EQ(CodeOf(Commit({Day(0, 300, 320)})[0]), absl::StatusCode::kAlreadyExists) << "also with the same values";
  Commit({Meal(1, "soir")});
  const auto refused = Commit({Day(1, 300, 320)});
  EXPECT_EQ(CodeOf(refused[0]), absl::StatusCode::kAlreadyExists) << "its evening came by the stream";
  EXPECT_TRUE(LastMeals().empty()) << "and its morning is not stored either";
  ExpectReplayEqualsLive();
}

TEST_P(MealEntryContract, SkippedDoseIsAGapAndCanBeEnteredLater) {
  MakeLot();
  MealWrite morning = Day(0, 300, 0);
  morning.day->entry.clear_dose_soir();
  morning.day->soir.reset();
  EXPECT_EQ(Commit({morning})[0].gavage_ids.size(), 1u);
  EXPECT_EQ(LastMeals().size(), 1u);
  EXPECT_EQ(LastMeals()[0].poids_moyen(), 4600) << "the weight belongs to the last meal that was given";
  MealWrite evening = Day(0, 0, 320);
  evening.day->entry.clear_dose_matin();
  evening.day->matin.reset();
  EXPECT_EQ(CodeOf(Commit({evening})[0]), absl::StatusCode::kAlreadyExists) << "the day is entered: it is corrected";
  evening.day->correct = true;
  EXPECT_EQ(Commit({evening})[0].fate, Fate::kCorrected);
  ASSERT_FALSE(LastMeals().empty());
  EXPECT_EQ(LastMeals().back().dose_reelle(), 320);
  ExpectReplayEqualsLive();
}

TEST_P(MealEntryContract, CorrectionOfADayReplacesItAndOneOfNothingIsNotFound) {
  MakeLot();
  MealWrite correction = Day(0, 310, 320);
  correction.day->correct = true;
  EXPECT_EQ(CodeOf(Commit({correction})[0]), absl::StatusCode::kNotFound);
  const auto ids = Commit({Day(0, 300, 320)})[0].gavage_ids;
  correction.day->entry.set_mortalite_jour(1);
  const auto items = Commit({correction});
  EXPECT_EQ(items[0].fate, Fate::kCorrected);
  EXPECT_EQ(items[0].gavage_ids, ids);
  ASSERT_EQ(LastMeals().size(), 2u);
  EXPECT_EQ(LastMeals()[0].dose_reelle(), 310);
  EXPECT_EQ(LastMeals()[1].nb_canards_vivants(), 49);
  ExpectReplayEqualsLive();
}

TEST_P(MealEntryContract, MealThatADayDoesNotTellStaysAsTheDeviceToldIt) {
  MakeLot();
  MealWrite morning = Meal(0, "matin");
  morning.meal.set_nb_morts(3);
  morning.meal.set_nb_canards_vivants(47);
  morning.meal.set_taux_mortalite(6);
  Commit({morning});
  MealWrite evening = Day(0, 0, 320);
  evening.day->entry.clear_dose_matin();
  evening.day->matin.reset();
  EXPECT_EQ(Commit({evening})[0].fate, Fate::kSaved);
  ASSERT_EQ(LastMeals().size(), 1u) << "the morning is left alone";
  EXPECT_EQ(LastMeals()[0].moment(), "soir");
  EXPECT_EQ(LastMeals()[0].nb_canards_vivants(), 47);
  EXPECT_EQ(LastMeals()[0].nb_morts(), 0);
  evening.day->correct = true;
  evening.day->entry.set_mortalite_jour(5);
  Commit({evening});
  ASSERT_EQ(LastMeals().size(), 1u);
  EXPECT_EQ(LastMeals()[0].nb_morts(), 2) << "three of the five died in the morning";
  EXPECT_EQ(LastMeals()[0].nb_canards_vivants(), 45);
  evening.day->entry.clear_mortalite_jour();
  evening.day->entry.set_dose_soir(330);
  Commit({evening});
  ASSERT_EQ(LastMeals().size(), 1u);
  EXPECT_EQ(LastMeals()[0].dose_reelle(), 330);
  EXPECT_EQ(LastMeals()[0].nb_morts(), 2) << "a day that tells no deaths keeps what is known";
  EXPECT_EQ(LastMeals()[0].nb_canards_vivants(), 45);
  ExpectReplayEqualsLive();
}

TEST_P(MealEntryContract, DeathsThatAreNotToldAreNotCountedAndNoneToldIsNone) {
  MakeLot();
  Commit({Day(0, 300, 320)});
  ASSERT_EQ(LastMeals().size(), 2u);
  for (const auto& meal : LastMeals()) {
    EXPECT_FALSE(meal.has_nb_morts());
    EXPECT_FALSE(meal.has_nb_canards_vivants());
    EXPECT_FALSE(meal.has_taux_mortalite());
  }
  MealWrite none = Day(1, 300, 320);
  none.day->entry.set_mortalite_jour(0);
  Commit({none});
  ASSERT_EQ(LastMeals().size(), 2u);
  for (const auto& meal : LastMeals()) {
    EXPECT_TRUE(meal.has_nb_morts());
    EXPECT_EQ(meal.nb_canards_vivants(), 50);
  }
  ExpectReplayEqualsLive();
}

TEST_P(MealEntryContract, CorrectionSetsDeathsBackToNone) {
  MakeLot();
  MealWrite day = Day(0, 300, 320);
  day.day->entry.set_mortalite_jour(2);
  Commit({day});
  MealWrite untold = Day(0, 310, 320);
  untold.day->correct = true;
  Commit({untold});
  ASSERT_EQ(LastMeals().size(), 1u);
  EXPECT_EQ(LastMeals()[0].nb_morts(), 2) << "as entered before";
  day.day->correct = true;
  day.day->entry.set_mortalite_jour(0);
  Commit({day});
  ASSERT_EQ(LastMeals().size(), 2u);
  for (const auto& meal : LastMeals()) {
    EXPECT_EQ(meal.nb_morts(), 0);
    EXPECT_EQ(meal.nb_canards_vivants(), 50);
    EXPECT_EQ(meal.taux_mortalite(), 0);
  }
}

TEST_P(MealEntryContract, CorrectionThatChangesNothingIsADuplicate) {
  MakeLot();
  Commit({Day(0, 300, 320)});
  MealWrite same = Day(0, 300, 320);
  same.day->correct = true;
  same.day->entry.set_saisi_par("user:9");
  same.day->entry.set_raison_correction("par erreur");
  EXPECT_EQ(Commit({same})[0].fate, Fate::kDuplicate);
  EXPECT_TRUE(LastMeals().empty());
  MealWrite remark = same;
  remark.day->entry.set_remarques("jabots pleins");
  EXPECT_EQ(Commit({remark})[0].fate, Fate::kCorrected) << "what stands beside the meals counts too";
  EXPECT_TRUE(LastMeals().empty());
  EXPECT_EQ(Commit({remark})[0].fate, Fate::kDuplicate);
  remark.day->entry.set_dose_matin(305);
  EXPECT_EQ(Commit({remark})[0].fate, Fate::kCorrected);
  EXPECT_EQ(Commit({remark, remark})[1].fate, Fate::kDuplicate);
}

TEST_P(MealEntryContract, MorningCorrectedAloneLeavesTheWeightToTheEvening) {
  MakeLot();
  Commit({Day(0, 300, 320)});
  MealWrite morning = Day(0, 310, 0);
  morning.day->correct = true;
  morning.day->entry.clear_dose_soir();
  morning.day->soir.reset();
  Commit({morning});
  ASSERT_EQ(LastMeals().size(), 1u);
  EXPECT_EQ(LastMeals()[0].dose_reelle(), 310);
  EXPECT_FALSE(LastMeals()[0].has_poids_moyen());
  morning.day->entry.clear_dose_matin();
  morning.day->matin.reset();
  morning.day->entry.set_poids_echantillon(0, 4200);
  Commit({morning});
  ASSERT_EQ(LastMeals().size(), 1u) << "weights alone belong to the last meal";
  EXPECT_EQ(LastMeals()[0].moment(), "soir");
  EXPECT_EQ(LastMeals()[0].poids_moyen(), 4500);
}

TEST_P(MealEntryContract, DayOfALotThatIsNotKnownIsRefused) {
  EXPECT_EQ(Commit({Day(0, 300, 320)})[0].fate, Fate::kRejected);
}

TEST_P(MealEntryContract, RepeatedRequestIsAnsweredAsTheFirstTimeAndChangesNothing) {
  const auto first = Commit({Named(Meal(0, "matin", 290), "r1", "a")});
  EXPECT_FALSE(first[0].replayed);
  EXPECT_EQ(first[0].alerts_opened, 1);
  Commit({Meal(0, "matin", 300)});
  const auto again = Commit({Named(Meal(0, "matin", 290), "r1", "a")});
  EXPECT_TRUE(again[0].replayed);
  EXPECT_EQ(again[0].fate, Fate::kSaved) << "not a correction of the correction";
  EXPECT_EQ(again[0].gavage_id, first[0].gavage_id);
  EXPECT_DOUBLE_EQ(*again[0].dose_gap_pct, *first[0].dose_gap_pct);
  EXPECT_EQ(again[0].alerts_opened, 1);
  EXPECT_EQ(again[0].recommendations.size(), first[0].recommendations.size());
  EXPECT_TRUE(LastMeals().empty());
  auto elsewhere = backend_->NewMealCommitter();
  EXPECT_TRUE(ItemsOf(CommitGroups<MealWrite>(elsewhere.get(), {{Named(Meal(0, "matin", 290), "r1", "a")}}))[0].replayed);
}

TEST_P(MealEntryContract, RepeatedDayOfTheSameRequestIsNoConflict) {
  MakeLot();
  const auto items = Commit({Named(Day(0, 300, 320), "d", "a"), Named(Day(0, 300, 320), "d", "a")});
  EXPECT_FALSE(items[0].replayed);
  EXPECT_TRUE(items[1].replayed) << "also within one transaction";
  EXPECT_EQ(items[1].gavage_ids, items[0].gavage_ids);
  EXPECT_EQ(Commit({Named(Day(0, 300, 320), "d", "a")})[0].gavage_ids, items[0].gavage_ids);
}

TEST_P(MealEntryContract, RequestWithAnotherContentIsAlreadyExists) {
  Commit({Named(Meal(0, "matin"), "r1", "a")});
  EXPECT_EQ(CodeOf(Commit({Named(Meal(0, "soir"), "r1", "b")})[0]), absl::StatusCode::kAlreadyExists);
}

TEST_P(MealEntryContract, RefusedRequestMayBeTriedAgain) {
  EXPECT_EQ(Commit({Named(Day(0, 300, 320), "d", "a")})[0].fate, Fate::kRejected);
  MakeLot();
  EXPECT_EQ(Commit({Named(Day(0, 300, 320), "d", "a")})[0].fate, Fate::kSaved);
}

TEST_P(MealEntryContract, MealAfterAGapOpensItsAlertsAndTheNextOneClosesThem) {
  Commit({Meal(0, "matin"), Meal(0, "soir")});
  EXPECT_THAT(OpenAlerts(), ElementsAre());
  Commit({Meal(1, "soir")});
  EXPECT_THAT(OpenAlerts(), testing::UnorderedElementsAre("repas_manquant warning", "silence warning"));
  Commit({Meal(2, "matin")});
  EXPECT_THAT(OpenAlerts(), ElementsAre());
  ExpectReplayEqualsLive();
}

TEST_P(MealEntryContract, GapThatIsFilledLateClosesNothing) {
  Commit({Meal(0, "matin"), Meal(1, "matin")});
  EXPECT_THAT(OpenAlerts(), Contains("repas_manquant warning"));
  Commit({Meal(0, "soir")});
  EXPECT_THAT(OpenAlerts(), Contains("repas_manquant warning")) << "a late meal closes no alert";
  Commit({Meal(1, "soir")});
  EXPECT_THAT(OpenAlerts(), Not(Contains("repas_manquant warning")));
}

INSTANTIATE_TEST_SUITE_P(Fake, MealEntryContract, ::testing::Values(&MakeFakeBackend));
INSTANTIATE_TEST_SUITE_P(Postgres, MealEntryContract, ::testing::Values(&MakePostgresBackend));

}  // namespace
}  // namespace egi::storage
