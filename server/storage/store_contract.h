// What the contract tests of the storage share: a storage under test, its committers, and items to commit.
#ifndef EGI_SERVER_STORAGE_STORE_CONTRACT_H_
#define EGI_SERVER_STORAGE_STORE_CONTRACT_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/storage/expect_replay.h"
#include "server/storage/store_backend.h"
#include "server/validate/good_items.h"

namespace egi::storage {

using persist::Fate;
using persist::GroupOutcome;
using persist::ItemOutcome;
using persist::MealWrite;
using persist::Producer;
using persist::SampleWrite;
using realtime::v1::Event;

template <typename Write>
using Groups = std::vector<std::vector<Write>>;

inline absl::StatusCode CodeOf(const ItemOutcome& item) { return static_cast<absl::StatusCode>(item.rejection.code()); }

class StoreContract : public ::testing::TestWithParam<MakeBackend> {
 protected:
  using Batch = std::shared_ptr<const persist::CommittedBatch>;

  void SetUp() override {
    auto backend = GetParam()(&clock_);
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    samples_ = backend_->NewSampleCommitter();
    meals_ = backend_->NewMealCommitter();
  }

  EventStore& events() { return *backend_->events(); }

  // Commits groups in one transaction; keeps what was committed.
  template <typename Write>
  std::vector<GroupOutcome> CommitGroups(persist::Committer<Write>* committer, Groups<Write> lists) {
    std::vector<persist::Group<Write>> groups;
    for (auto& items : lists) {
      auto& group = groups.emplace_back();
      group.size = items.size();
      group.items = std::move(items);
    }
    auto batch = committer->Commit(&groups);
    EXPECT_TRUE(batch.ok()) << batch.status();
    last_ = batch.ok() ? *batch : nullptr;
    if (last_ != nullptr) committed_.push_back(last_);
    std::vector<GroupOutcome> outcomes;
    for (auto& group : groups) outcomes.push_back(std::move(group.outcome));
    return outcomes;
  }

  std::vector<ItemOutcome> Commit(std::vector<SampleWrite> writes) {
    return ItemsOf(CommitGroups<SampleWrite>(samples_.get(), {std::move(writes)}));
  }
  std::vector<ItemOutcome> Commit(std::vector<MealWrite> writes) {
    return ItemsOf(CommitGroups<MealWrite>(meals_.get(), {std::move(writes)}));
  }

  // The one group must be answered, item by item.
  static std::vector<ItemOutcome> ItemsOf(std::vector<GroupOutcome> groups) {
    EXPECT_TRUE(groups[0].status.ok()) << groups[0].status;
    return std::move(groups[0].items);
  }

  Producer Open(const std::string& id, const std::string& kind = "sample") {
    auto offset = backend_->producers()->OpenProducer(id, kind, "v1");
    EXPECT_TRUE(offset.ok()) << offset.status();
    last_sequence_ = offset->last_sequence;
    return {.id = id, .epoch = offset->epoch, .ephemeral = false};
  }

  // A sample of device ESP32_LS_01.
  static SampleWrite Sample(const std::string& sample_id, const std::string& lot = "", double oxidation = 0.12) {
    SampleWrite write;
    write.received = validate::TestNow();
    write.sample = validate::GoodSample();
    write.sample.set_sample_id(sample_id);
    write.sample.set_lot(lot);
    write.sample.mutable_spectral_analysis()->set_oxidation_index(oxidation);
    write.verdict = analyse::JudgeSample(write.sample, write.received);
    return write;
  }

  // Samples first, first + 1, ... of a producer.
  static std::vector<SampleWrite> Samples(const Producer& producer, int64_t first, int count) {
    std::vector<SampleWrite> writes;
    for (int64_t sequence = first; sequence < first + count; ++sequence) {
      SampleWrite& write = writes.emplace_back(Sample(absl::StrCat(producer.id, "-", sequence)));
      write.producer = producer;
      write.sequence = sequence;
    }
    return writes;
  }

  // A meal of lot LL2602003 (site LL, gaveur 4); meals are twelve hours apart and meet no alert at a dose of 340.
  static MealWrite Meal(int jour, const std::string& moment, double dose = 340) {
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

  // The message that makes a lot known before its first meal.
  static MealWrite Announcement(const std::string& code_lot, int32_t gaveur_id) {
    MealWrite write = Meal(-1, "matin");
    write.meal.set_code_lot(code_lot);
    write.meal.set_site(code_lot.substr(0, 2));
    write.meal.set_gaveur_id(gaveur_id);
    return write;
  }

  // States of lots entered by the transactions so far.
  std::vector<std::string> LotStates() const {
    std::vector<std::string> states;
    for (const Batch& batch : committed_) {
      for (const Event& event : batch->events) {
        if (event.has_lot()) states.push_back(event.lot().statut());
      }
    }
    return states;
  }

  EventStore::Snapshot Snapshot(const realtime::v1::Filter& filter = {}) {
    auto snapshot = events().ReadSnapshot(filter);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *std::move(snapshot) : EventStore::Snapshot();
  }

  // "type severity" of the open alerts.
  std::vector<std::string> OpenAlerts() {
    realtime::v1::Filter filter;
    filter.add_kinds(realtime::v1::EVENT_KIND_ALERT);
    std::vector<std::string> alerts;
    for (const Event& event : Snapshot(filter).events) {
      alerts.push_back(absl::StrCat(event.alert().alert_type(), " ", event.alert().severity()));
    }
    return alerts;
  }

  void ExpectReplayEqualsLive() {
    std::sort(committed_.begin(), committed_.end(), [](const Batch& a, const Batch& b) { return a->commit_seq < b->commit_seq; });
    storage::ExpectReplayEqualsLive(events(), committed_);
  }

  FakeClock clock_{validate::TestNow()};
  std::unique_ptr<StoreBackend> backend_;
  std::unique_ptr<persist::SampleCommitter> samples_;
  std::unique_ptr<persist::MealCommitter> meals_;
  std::vector<Batch> committed_;
  Batch last_;  // of the last commit; null when nothing was committed
  int64_t last_sequence_ = 0;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_STORE_CONTRACT_H_
