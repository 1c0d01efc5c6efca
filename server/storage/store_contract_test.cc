// What every storage promises to the stages of the server, asked of the fake and of PostgreSQL.
#include "server/storage/store_contract.h"

#include <thread>

#include "gmock/gmock.h"
#include "server/base/rich_status.h"

namespace egi::storage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Producers and their offsets.

TEST_P(StoreContract, NewProducerStartsAtZero) {
  auto offset = backend_->producers()->OpenProducer("p", "sample", "v1");
  ASSERT_TRUE(offset.ok()) << offset.status();
  EXPECT_EQ(offset->epoch, 1);
  EXPECT_EQ(offset->last_sequence, 0);
}

TEST_P(StoreContract, OpeningAgainRaisesTheEpochAndTellsTheCommittedOffset) {
  ASSERT_TRUE(CommitGroups<SampleWrite>(samples_.get(), {Samples(Open("p"), 1, 3)})[0].status.ok());
  EXPECT_EQ(Open("p").epoch, 2);
  EXPECT_EQ(last_sequence_, 3);
  EXPECT_EQ(Open("q").epoch, 1);
  EXPECT_EQ(last_sequence_, 0);
}

TEST_P(StoreContract, ProducerIdOfTheOtherKindIsFailedPreconditionAndFencesNothing) {
  Open("p", "meal");
  EXPECT_EQ(backend_->producers()->OpenProducer("p", "sample", "").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Open("p", "meal").epoch, 2);
}

TEST_P(StoreContract, FencedStreamStoresNothingAndTheNewerOneContinues) {
  const Producer old = Open("p");
  CommitGroups<SampleWrite>(samples_.get(), {Samples(old, 1, 3)});
  const Producer young = Open("p");
  const auto outcomes = CommitGroups<SampleWrite>(samples_.get(), {Samples(old, 4, 2), Samples(young, 4, 1), {Sample("unary")}});
  EXPECT_EQ(outcomes[0].status.code(), absl::StatusCode::kAborted);
  ASSERT_TRUE(outcomes[1].status.ok()) << outcomes[1].status;
  EXPECT_EQ(outcomes[1].items[0].fate, Fate::kSaved);
  EXPECT_TRUE(outcomes[2].status.ok()) << outcomes[2].status;
  ASSERT_NE(last_, nullptr);
  EXPECT_EQ(last_->events.size(), 2u);
  Open("p");
  EXPECT_EQ(last_sequence_, 4);
  ExpectReplayEqualsLive();
}

TEST_P(StoreContract, SequencesThatAreNotTheNextOnesAreAbortedAndTakeNoPlaceInTheOrder) {
  const Producer producer = Open("p");
  CommitGroups<SampleWrite>(samples_.get(), {Samples(producer, 1, 1)});
  EXPECT_EQ(CommitGroups<SampleWrite>(samples_.get(), {Samples(producer, 3, 1)})[0].status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(last_, nullptr) << "nothing but fenced groups commits nothing";
  EXPECT_EQ(CommitGroups<SampleWrite>(samples_.get(), {Samples(producer, 1, 1)})[0].status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(*events().LastCommitSeq(), 1);
  Open("p");
  EXPECT_EQ(last_sequence_, 1);
}

TEST_P(StoreContract, RefusedItemsConsumeTheirSequenceAndLeaveATrace) {
  std::vector<SampleWrite> samples = Samples(Open("s"), 1, 3);
  samples[1].rejection = ToRpcStatus(InvalidFields({{"tof.distance_mm", "has 56 values, 64 expected"}}));
  samples[2].sample.set_lot("LS9999999");
  const auto items = Commit(samples);
  EXPECT_EQ(items[0].fate, Fate::kSaved);
  EXPECT_EQ(items[1].fate, Fate::kRejected);
  EXPECT_EQ(CodeOf(items[1]), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(items[2].fate, Fate::kRejected);
  Open("s");
  EXPECT_EQ(last_sequence_, 3);
  MealWrite meal = Meal(0, "matin");
  meal.producer = Open("m", "meal");
  meal.sequence = 1;
  meal.rejection = ToRpcStatus(InvalidFields({{"dose_reelle", "is missing"}}));
  EXPECT_EQ(Commit({meal})[0].fate, Fate::kRejected);
  Open("m", "meal");
  EXPECT_EQ(last_sequence_, 1);
  EXPECT_EQ(backend_->CountRejected(), 3);
  ExpectReplayEqualsLive();
}

// Samples.

TEST_P(StoreContract, ResentSampleIsADuplicateAndAnotherContentIsAlreadyExists) {
  Commit({Sample("a"), Sample("b")});
  SampleWrite other = Sample("b");
  other.sample.set_temperature_c(3);
  const auto items = Commit({Sample("a"), other, Sample("c"), Sample("c")});
  EXPECT_EQ(items[0].fate, Fate::kDuplicate);
  EXPECT_EQ(items[1].fate, Fate::kRejected);
  EXPECT_EQ(CodeOf(items[1]), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(items[2].fate, Fate::kSaved);
  EXPECT_EQ(items[3].fate, Fate::kDuplicate) << "also within one transaction";
  ASSERT_NE(last_, nullptr);
  EXPECT_EQ(last_->events.size(), 1u);
  EXPECT_EQ(backend_->CountRejected(), 1);
  auto elsewhere = backend_->NewSampleCommitter();
  EXPECT_EQ(ItemsOf(CommitGroups<SampleWrite>(elsewhere.get(), {{Sample("c")}}))[0].fate, Fate::kDuplicate);
  ExpectReplayEqualsLive();
}

TEST_P(StoreContract, UnknownLotIsNotFoundAndLotOfAnotherSiteIsFailedPrecondition) {
  Commit({Announcement("MT2602001", 9)});
  const auto items = Commit({Sample("u", "LS9999999"), Sample("f", "MT2602001"), Sample("g")});
  EXPECT_EQ(CodeOf(items[0]), absl::StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(items[1]), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(items[2].fate, Fate::kSaved);
  EXPECT_EQ(backend_->CountRejected(), 2);
}

TEST_P(StoreContract, SampleNamesItsLotByCodeOrIdAndTakesSiteAndFeederFromIt) {
  Commit({Announcement("LS2602001", 7)});
  ASSERT_EQ(last_->events.size(), 1u);
  const int32_t lot_id = last_->events[0].lot().lot_id();
  Commit({Sample("code", "LS2602001"), Sample("id", absl::StrCat(lot_id)), Sample("none")});
  ASSERT_EQ(last_->events.size(), 3u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(last_->events[i].sample().code_lot(), "LS2602001");
    EXPECT_EQ(last_->events[i].sample().lot_id(), lot_id);
    EXPECT_EQ(last_->events[i].sample().gaveur_id(), 7);
  }
  EXPECT_EQ(last_->events[2].sample().code_lot(), "");
  for (const Event& event : last_->events) EXPECT_EQ(event.sample().site_code(), "LS");
  ExpectReplayEqualsLive();
}

// Meals.

TEST_P(StoreContract, FirstMealMakesItsLotKnownAndStartsTheFeeding) {
  const auto items = Commit({Meal(0, "matin"), Meal(0, "soir")});
  EXPECT_EQ(items[0].fate, Fate::kSaved);
  EXPECT_GT(items[0].gavage_id, 0);
  EXPECT_NE(items[0].gavage_id, items[1].gavage_id);
  EXPECT_EQ(LotStates(), (std::vector<std::string>{"en_preparation", "en_gavage"}));
  EXPECT_EQ(last_->events[0].meal().meal().repas(), 1);
  EXPECT_EQ(last_->events[1].meal().meal().repas(), 2);
  EXPECT_EQ(last_->events[0].meal().meal().gaveur_nom(), "") << "the name of the feeder is not passed on";
  ExpectReplayEqualsLive();
}

TEST_P(StoreContract, AnnouncementMakesItsLotKnownAndIsNoMeal) {
  const auto items = Commit({Announcement("LL2602003", 4)});
  EXPECT_EQ(items[0].fate, Fate::kSaved);
  EXPECT_EQ(items[0].gavage_id, 0);
  ASSERT_EQ(last_->events.size(), 1u);
  EXPECT_EQ(last_->events[0].lot().statut(), "en_preparation");
  EXPECT_EQ(last_->events[0].lot().site_code(), "LL");
  EXPECT_EQ(last_->events[0].lot().gaveur_id(), 4);
  EXPECT_TRUE(Snapshot().events.empty());
  Commit({Announcement("LL2602003", 4)});
  EXPECT_TRUE(last_->events.empty()) << "announced again: nothing new";
  ExpectReplayEqualsLive();
}

TEST_P(StoreContract, UnknownLotNeedsItsFeederAndItsOwnSite) {
  MealWrite nobody = Meal(0, "matin"), abroad = Meal(0, "soir");
  nobody.meal.set_gaveur_id(0);
  abroad.meal.set_site("MT");
  const auto items = Commit({nobody, abroad});
  EXPECT_EQ(CodeOf(items[0]), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(items[1]), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(backend_->CountRejected(), 2);
  EXPECT_TRUE(LotStates().empty());
}

TEST_P(StoreContract, MealNamesItsLotByIdAndAnIdOfNoLotOrOfAnotherIsRefused) {
  Commit({Meal(0, "matin")});
  const int32_t lot_id = last_->events[0].meal().lot_id();
  MealWrite by_id = Meal(0, "soir"), both = Meal(1, "matin"), unknown = Meal(1, "soir"), other = Meal(1, "soir");
  by_id.meal.clear_code_lot();
  by_id.meal.clear_site();
  by_id.meal.set_lot_id(lot_id);
  both.meal.set_lot_id(lot_id);
  unknown.meal.clear_code_lot();
  unknown.meal.set_lot_id(lot_id + 1000);
  other.meal.set_code_lot("LL2602004");
  other.meal.set_lot_id(lot_id);
  const auto items = Commit({by_id, both, unknown, other, by_id});
  EXPECT_EQ(items[0].fate, Fate::kSaved);
  EXPECT_EQ(items[1].fate, Fate::kSaved);
  EXPECT_EQ(CodeOf(items[2]), absl::StatusCode::kNotFound);
  EXPECT_EQ(CodeOf(items[3]), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(items[3].rejection.message(), AllOf(HasSubstr("LL2602003"), HasSubstr("LL2602004")));
  EXPECT_EQ(items[4].fate, Fate::kDuplicate);
  ASSERT_EQ(last_->events.size(), 2u);
  EXPECT_EQ(last_->events[0].meal().meal().code_lot(), "LL2602003");
  EXPECT_EQ(last_->events[0].meal().meal().lot_id(), 0) << "stored by its code alone";
  MealWrite by_code = Meal(0, "soir");
  EXPECT_EQ(Commit({by_code})[0].fate, Fate::kDuplicate) << "the same meal, named by its code";
  ExpectReplayEqualsLive();
}

TEST_P(StoreContract, MealCannotMakeALotOfAFeederOfAnotherSite) {
  MealWrite abroad = Announcement("LS2602009", 4), home = Announcement("LS2602009", 6);
  Commit({Meal(0, "matin")});  // gaveur 4 at LL
  const auto items = Commit({abroad, home, Announcement("LL2602010", 4)});
  EXPECT_EQ(CodeOf(items[0]), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(items[0].rejection.message(), AllOf(HasSubstr("gaveur 4"), HasSubstr("LL"), HasSubstr("LS")));
  EXPECT_EQ(items[1].fate, Fate::kSaved) << "the lot is made by the meal that may";
  EXPECT_EQ(items[2].fate, Fate::kSaved) << "another lot of his own site";
  ASSERT_EQ(last_->events.size(), 2u);
  EXPECT_EQ(CodeOf(Commit({Announcement("MT2602001", 6)})[0]), absl::StatusCode::kFailedPrecondition) << "his first lot made him one of LS";
}

TEST_P(StoreContract, EventsOfALotAreFoundByItsId) {
  Commit({Meal(0, "matin")});
  const auto code = events().CodeOfLot(last_->events[0].meal().lot_id());
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, "LL2602003");
  EXPECT_EQ(events().CodeOfLot(999).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(StoreContract, LotOfAnotherSiteOrFeederIsFailedPreconditionAndUnnamedOnesAreTheLots) {
  Commit({Meal(0, "matin")});
  MealWrite feeder = Meal(1, "soir"), site = Meal(1, "matin"), unnamed = Meal(0, "soir");
  feeder.meal.set_gaveur_id(5);
  site.meal.set_site("MT");
  unnamed.meal.set_gaveur_id(0);
  unnamed.meal.clear_site();
  const auto items = Commit({feeder, site, unnamed});
  EXPECT_EQ(CodeOf(items[0]), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf(items[1]), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(items[2].fate, Fate::kSaved);
  ASSERT_EQ(last_->events.size(), 1u);
  EXPECT_EQ(last_->events[0].meal().meal().gaveur_id(), 4);
  EXPECT_EQ(last_->events[0].meal().meal().site(), "LL");
}

TEST_P(StoreContract, RepeatedMealIsADuplicateAndOtherValuesCorrectIt) {
  const int32_t id = Commit({Meal(0, "matin", 340)})[0].gavage_id;
  const auto again = Commit({Meal(0, "matin", 340), Meal(0, "matin", 345), Meal(0, "matin", 345), Meal(0, "soir", 340)});
  EXPECT_EQ(again[0].fate, Fate::kDuplicate);
  EXPECT_EQ(again[1].fate, Fate::kCorrected);
  EXPECT_EQ(again[2].fate, Fate::kDuplicate) << "of the correction";
  EXPECT_EQ(again[3].fate, Fate::kSaved);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(again[i].gavage_id, id);
  ASSERT_EQ(last_->events.size(), 2u);
  EXPECT_TRUE(last_->events[0].meal().corrected());
  EXPECT_FALSE(last_->events[1].meal().corrected());
  auto elsewhere = backend_->NewMealCommitter();
  EXPECT_EQ(ItemsOf(CommitGroups<MealWrite>(elsewhere.get(), {{Meal(0, "matin", 345)}}))[0].fate, Fate::kDuplicate);
  EXPECT_EQ(Commit({Meal(0, "matin", 340)})[0].fate, Fate::kCorrected);
  ExpectReplayEqualsLive();  // the first values too
}

TEST_P(StoreContract, DeathsAndTheTimeOfSendingAreKeptAndASecondSendingIsTheSameMeal) {
  MealWrite meal = Meal(0, "matin");
  meal.meal.mutable_sent_at()->set_seconds(meal.meal.timestamp().seconds() + 60);
  meal.meal.set_nb_morts(2);
  EXPECT_EQ(Commit({meal})[0].fate, Fate::kSaved);
  EXPECT_EQ(last_->events.front().meal().meal().nb_morts(), 2);
  EXPECT_EQ(last_->events.front().meal().meal().sent_at().seconds(), meal.meal.sent_at().seconds());
  meal.meal.mutable_sent_at()->set_seconds(meal.meal.timestamp().seconds() + 90);
  EXPECT_EQ(Commit({meal})[0].fate, Fate::kDuplicate);
  meal.meal.set_nb_morts(3);
  EXPECT_EQ(Commit({meal})[0].fate, Fate::kCorrected);
  ExpectReplayEqualsLive();  // also what the correction replaced
}

TEST_P(StoreContract, LastMealFinishesTheLotOnceAndItNeverGoesBack) {
  MealWrite last = Meal(12, "soir");
  last.meal.set_pret_abattage(true);
  Commit({Meal(0, "matin"), last});
  EXPECT_EQ(LotStates(), (std::vector<std::string>{"en_preparation", "en_gavage", "termine", "pending"}));
  last.meal.set_dose_reelle(339);
  Commit({last, Meal(5, "matin")});
  EXPECT_EQ(LotStates().size(), 4u);
  ExpectReplayEqualsLive();
}

// domain.md section 6.
TEST_P(StoreContract, FinishedLotTakesLateMealsAndCorrectionsAndNoNewOnes) {
  MealWrite last = Meal(5, "soir");
  last.meal.set_pret_abattage(true);
  Commit({Meal(0, "matin"), last});
  const auto items = Commit({Meal(3, "matin"), last, Meal(6, "matin")});
  EXPECT_EQ(items[0].fate, Fate::kSaved) << "on its way when the last one came";
  EXPECT_EQ(items[1].fate, Fate::kDuplicate);
  EXPECT_EQ(CodeOf(items[2]), absl::StatusCode::kFailedPrecondition);
  last.meal.set_dose_reelle(339);
  EXPECT_EQ(Commit({last})[0].fate, Fate::kCorrected);
}

// The order of commits.

TEST_P(StoreContract, EmptyStoreHasNothingToRead) {
  EXPECT_EQ(*events().LastCommitSeq(), 0);
  EXPECT_EQ(*events().EarliestCommitSeq(), 1);
  EXPECT_TRUE(events().ReadAfter(0, 10)->empty());
  EXPECT_EQ(Snapshot().as_of, 0);
  EXPECT_TRUE(Snapshot().events.empty());
}

TEST_P(StoreContract, CommitsOfBothKindsAndOfSeveralServersShareOneGapFreeOrder) {
  std::vector<std::vector<Batch>> committed(3);
  std::vector<std::thread> servers;
  for (int s = 0; s < 2; ++s) {
    servers.emplace_back([this, s, own = &committed[s]] {
      auto committer = backend_->NewSampleCommitter();
      for (int i = 0; i < 10; ++i) {
        std::vector<persist::Group<SampleWrite>> groups(1);
        groups[0].items = {Sample(absl::StrCat("own-", s, "-", i)), Sample(absl::StrCat("both-", i))};
        auto batch = committer->Commit(&groups);
        if (batch.ok()) own->push_back(*batch);
      }
    });
  }
  servers.emplace_back([this, own = &committed[2]] {
    auto committer = backend_->NewMealCommitter();
    for (int jour = 0; jour < 10; ++jour) {
      std::vector<persist::Group<MealWrite>> groups(1);
      groups[0].items = {Meal(jour, "matin")};
      auto batch = committer->Commit(&groups);
      if (batch.ok()) own->push_back(*batch);
    }
  });
  for (std::thread& server : servers) server.join();
  size_t samples = 0;
  for (const auto& own : committed) {
    ASSERT_EQ(own.size(), 10u);
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end(), [](const Batch& a, const Batch& b) { return a->commit_seq < b->commit_seq; }));
    for (const Batch& batch : own) {
      samples += std::count_if(batch->events.begin(), batch->events.end(), [](const Event& event) { return event.has_sample(); });
      committed_.push_back(batch);
    }
  }
  EXPECT_EQ(samples, 30u) << "what both sent is stored once";
  EXPECT_EQ(*events().LastCommitSeq(), 30);
  ExpectReplayEqualsLive();
}

TEST_P(StoreContract, TransactionWithoutEventsKeepsItsPlaceAndIsReadBackEmpty) {
  Commit({Sample("a")});
  Commit({Sample("a")});
  ASSERT_NE(last_, nullptr);
  EXPECT_TRUE(last_->events.empty());
  Commit({Sample("b")});
  EXPECT_EQ(last_->commit_seq, 3);
  ExpectReplayEqualsLive();
}

TEST_P(StoreContract, ReadAfterPagesByWholeTransactions) {
  Commit({Sample("1"), Sample("2"), Sample("3")});
  Commit({Sample("4"), Sample("5")});
  Commit({Sample("6")});
  const auto places = [this](int64_t after, int max_events) {
    std::vector<int64_t> seqs;
    auto page = events().ReadAfter(after, max_events);
    EXPECT_TRUE(page.ok()) << page.status();
    for (const Batch& batch : *page) seqs.push_back(batch->commit_seq);
    return seqs;
  };
  EXPECT_EQ(places(0, 1), (std::vector<int64_t>{1})) << "at least one, however large";
  EXPECT_EQ(places(0, 5), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(places(1, 4), (std::vector<int64_t>{2, 3}));
  EXPECT_TRUE(places(3, 10).empty());
}

TEST_P(StoreContract, TransactionsOlderThanTheRetentionCannotBeResumed) {
  Commit({Sample("1")});
  Commit({Sample("2")});
  EXPECT_EQ(*events().EarliestCommitSeq(), 1);
  clock_.Advance(absl::Hours(24 * 365 * 100));
  EXPECT_EQ(*events().EarliestCommitSeq(), 3);
}

// Snapshots.

TEST_P(StoreContract, SnapshotHoldsTheNewestMatchingSampleOfEachDevice) {
  SampleWrite old = Sample("old"), other = Sample("other");
  old.sample.mutable_sample_time()->set_seconds(old.sample.sample_time().seconds() - 60);
  other.sample.set_device_id("ESP32_LS_02");
  other.sample.mutable_sample_time()->set_seconds(other.sample.sample_time().seconds() - 30);
  Commit({Sample("new"), old, other});
  const auto snapshot = Snapshot();
  EXPECT_EQ(snapshot.as_of, 1);
  ASSERT_EQ(snapshot.events.size(), 2u);
  EXPECT_EQ(snapshot.events[0].sample().sample().sample_id(), "other") << "in the order of their times";
  EXPECT_EQ(snapshot.events[1].sample().sample().sample_id(), "new");
  for (const Event& event : snapshot.events) EXPECT_TRUE(event.snapshot());
  realtime::v1::Filter site, device, grade;
  site.set_site_code("MT");
  EXPECT_TRUE(Snapshot(site).events.empty());
  device.set_device_id("ESP32_LS_02");
  EXPECT_EQ(Snapshot(device).events.size(), 1u);
  grade.set_min_grade("A+");
  EXPECT_TRUE(Snapshot(grade).events.empty()) << "the samples are A";
}

TEST_P(StoreContract, SnapshotHoldsTheNewestMealOfEachRunningLotAndTheOpenAlerts) {
  MealWrite finished = Meal(3, "soir");
  finished.meal.set_code_lot("LL2602004");
  finished.meal.set_pret_abattage(true);
  Commit({Meal(0, "soir", 290), Meal(0, "matin"), finished});
  const auto snapshot = Snapshot();
  ASSERT_EQ(snapshot.events.size(), 2u);
  EXPECT_EQ(snapshot.events[0].meal().meal().code_lot(), "LL2602003");
  EXPECT_EQ(snapshot.events[0].meal().meal().moment(), "soir");
  EXPECT_EQ(snapshot.events[1].alert().alert_type(), "dose_ecart");
  realtime::v1::Filter feeder, meals;
  feeder.set_gaveur_id(5);
  EXPECT_TRUE(Snapshot(feeder).events.empty());
  meals.add_kinds(realtime::v1::EVENT_KIND_MEAL);
  EXPECT_EQ(Snapshot(meals).events.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Fake, StoreContract, ::testing::Values(&MakeFakeBackend));
INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, ::testing::Values(&MakePostgresBackend));

}  // namespace
}  // namespace egi::storage
