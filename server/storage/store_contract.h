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

// On a storage of its own. Batches that it committed are kept, so that the events read back can be held against them.
class StoreContract : public ::testing::TestWithParam<MakeBackend> {
 protected:
  using Batch = std::shared_ptr<const persist::CommittedBatch>;

  void SetUp() override;

  EventStore& events() { return *backend_->events(); }

  // Commits groups in one transaction; keeps what was committed. Write: SampleWrite or MealWrite.
  template <typename Write>
  std::vector<GroupOutcome> CommitGroups(persist::Committer<Write>* committer, Groups<Write> lists);

  // The one group must be answered, item by item.
  static std::vector<ItemOutcome> ItemsOf(std::vector<GroupOutcome> groups);
  std::vector<ItemOutcome> Commit(std::vector<SampleWrite> writes);
  std::vector<ItemOutcome> Commit(std::vector<MealWrite> writes);

  Producer Open(const std::string& id, const std::string& kind = "sample");

  // A sample of device ESP32_LS_01.
  static SampleWrite Sample(const std::string& sample_id, const std::string& lot = "", double oxidation = 0.12);

  // Samples first, first + 1, ... of a producer.
  static std::vector<SampleWrite> Samples(const Producer& producer, int64_t first, int count);

  // A meal of lot LL2602003 (site LL, gaveur 4); meals are twelve hours apart and meet no alert at a dose of 340.
  static MealWrite Meal(int jour, const std::string& moment, double dose = 340);

  // The message that makes a lot known before its first meal.
  static MealWrite Announcement(const std::string& code_lot, int32_t gaveur_id);

  // States of lots entered by the transactions so far.
  std::vector<std::string> LotStates() const;

  EventStore::Snapshot Snapshot(const realtime::v1::Filter& filter = {});

  // "type severity" of the open alerts.
  std::vector<std::string> OpenAlerts();

  void ExpectReplayEqualsLive();

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
