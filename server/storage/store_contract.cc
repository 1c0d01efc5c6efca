#include "server/storage/store_contract.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/analyse/judge.h"
#include "server/storage/expect_replay.h"
#include "server/validate/good_items.h"

namespace egi::storage {

void StoreContract::SetUp() {
  auto backend = GetParam()(&clock_);
  ASSERT_TRUE(backend.ok()) << backend.status();
  backend_ = *std::move(backend);
  samples_ = backend_->NewSampleCommitter();
  meals_ = backend_->NewMealCommitter();
}

template <typename Write>
std::vector<GroupOutcome> StoreContract::CommitGroups(persist::Committer<Write>* committer, Groups<Write> lists) {
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
template std::vector<GroupOutcome> StoreContract::CommitGroups(persist::Committer<SampleWrite>*, Groups<SampleWrite>);
template std::vector<GroupOutcome> StoreContract::CommitGroups(persist::Committer<MealWrite>*, Groups<MealWrite>);

std::vector<ItemOutcome> StoreContract::ItemsOf(std::vector<GroupOutcome> groups) {
  EXPECT_TRUE(groups[0].status.ok()) << groups[0].status;
  return std::move(groups[0].items);
}

std::vector<ItemOutcome> StoreContract::Commit(std::vector<SampleWrite> writes) {
  return ItemsOf(CommitGroups<SampleWrite>(samples_.get(), {std::move(writes)}));
}

std::vector<ItemOutcome> StoreContract::Commit(std::vector<MealWrite> writes) {
  return ItemsOf(CommitGroups<MealWrite>(meals_.get(), {std::move(writes)}));
}

Producer StoreContract::Open(const std::string& id, const std::string& kind) {
  auto offset = backend_->producers()->OpenProducer(id, kind, "v1");
  EXPECT_TRUE(offset.ok()) << offset.status();
  last_sequence_ = offset->last_sequence;
  return {.id = id, .epoch = offset->epoch, .ephemeral = false};
}

SampleWrite StoreContract::Sample(const std::string& sample_id, const std::string& lot, double oxidation) {
  SampleWrite write;
  write.received = validate::TestNow();
  write.sample = validate::GoodSample();
  write.sample.set_sample_id(sample_id);
  write.sample.set_lot(lot);
  write.sample.mutable_spectral_analysis()->set_oxidation_index(oxidation);
  write.verdict = analyse::JudgeSample(write.sample, write.received);
  return write;
}

std::vector<SampleWrite> StoreContract::Samples(const Producer& producer, int64_t first, int count) {
  std::vector<SampleWrite> writes;
  for (int64_t sequence = first; sequence < first + count; ++sequence) {
    SampleWrite& write = writes.emplace_back(Sample(absl::StrCat(producer.id, "-", sequence)));
    write.producer = producer;
    write.sequence = sequence;
  }
  return writes;
}

MealWrite StoreContract::Meal(int jour, const std::string& moment, double dose) {
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

MealWrite StoreContract::Announcement(const std::string& code_lot, int32_t gaveur_id) {
  MealWrite write = Meal(-1, "matin");
  write.meal.set_code_lot(code_lot);
  write.meal.set_site(code_lot.substr(0, 2));
  write.meal.set_gaveur_id(gaveur_id);
  return write;
}

std::vector<std::string> StoreContract::LotStates() const {
  std::vector<std::string> states;
  for (const Batch& batch : committed_) {
    for (const Event& event : batch->events) {
      if (event.has_lot()) states.push_back(event.lot().statut());
    }
  }
  return states;
}

EventStore::Snapshot StoreContract::Snapshot(const realtime::v1::Filter& filter) {
  auto snapshot = events().ReadSnapshot(filter);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return snapshot.ok() ? *std::move(snapshot) : EventStore::Snapshot();
}

std::vector<std::string> StoreContract::OpenAlerts() {
  realtime::v1::Filter filter;
  filter.add_kinds(realtime::v1::EVENT_KIND_ALERT);
  std::vector<std::string> alerts;
  for (const Event& event : Snapshot(filter).events) {
    alerts.push_back(absl::StrCat(event.alert().alert_type(), " ", event.alert().severity()));
  }
  return alerts;
}

void StoreContract::ExpectReplayEqualsLive() {
  std::sort(committed_.begin(), committed_.end(), [](const Batch& a, const Batch& b) { return a->commit_seq < b->commit_seq; });
  storage::ExpectReplayEqualsLive(events(), committed_);
}

}  // namespace egi::storage
