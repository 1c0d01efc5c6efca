// Stores a batch of meals in one transaction.
#ifndef EGI_SERVER_STORAGE_POSTGRES_MEAL_COMMITTER_H_
#define EGI_SERVER_STORAGE_POSTGRES_MEAL_COMMITTER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/base/clock.h"
#include "server/persist/committer.h"
#include "server/storage/postgres/commit_frame.h"
#include "server/storage/postgres/day_rows.h"
#include "server/storage/postgres/feeding_alerts.h"
#include "server/storage/postgres/lot_rows.h"
#include "server/storage/postgres/partition_guard.h"

namespace egi::storage {

// Locks the lots of the batch, plays the meals against them in memory, in order, and writes what changed set by set.
class PostgresMealCommitter final : public persist::MealCommitter {
 public:
  struct Options {
    std::string url;
    // Judges a meal; analyse::JudgeMeal.
    std::function<analyse::MealVerdict(const feeding::v1::Meal&, const analyse::LotState&)> judge;
    // For tests: called with the backend's pid before COMMIT is sent.
    std::function<void(int)> before_commit = [](int) {};
    int clear_after = 1;  // meals in range that close an alert, >= 1
  };

  // `clock` must outlive the committer. Connects at the first commit.
  PostgresMealCommitter(Options options, const Clock* clock);

  absl::StatusOr<std::shared_ptr<const persist::CommittedBatch>> Commit(
      std::vector<persist::Group<persist::MealWrite>>* groups) override;
  void Cancel() override { frame_.Cancel(); }

 private:
  using Batch = std::shared_ptr<const persist::CommittedBatch>;

  struct Item {
    persist::MealWrite* write = nullptr;
    std::optional<google::rpc::Status> poison;  // the database refuses its row: for every attempt
    // Of the present attempt:
    bool fenced = false;
    std::optional<google::rpc::Status> rejection;
    const Item* replay_of = nullptr;  // an earlier item with the same request
    persist::ItemOutcome outcome;
  };

  // What a request became: before this transaction, or by an item of it.
  struct KnownRequest {
    std::string body_hash;
    std::optional<persist::ItemOutcome> outcome;
    const Item* item = nullptr;
  };

  // One attempt at the transaction.
  struct Work {
    std::vector<Item*> items;  // that take part: not fenced
    LotMap lots;
    std::map<std::string, KnownRequest> requests;  // by id
    std::vector<realtime::v1::Event> events;  // meals first
    FeedingAlerts alerts;
    absl::Time min_time = absl::InfiniteFuture();
    absl::Time max_time = absl::InfinitePast();
  };

  // `commit` false: everything but the commit, then a roll-back, to find out whether the database takes the items. Items outside
  // [begin, end) are left out then.
  absl::StatusOr<Batch> Attempt(std::vector<persist::Group<persist::MealWrite>>* groups, std::vector<Item>* items, size_t begin,
                                size_t end, bool commit);
  absl::Status EnsurePartitions(const std::vector<Item>& items);
  absl::Status Fence(const std::vector<persist::Group<persist::MealWrite>>& groups, std::vector<Item>* items);
  // Gives the meals that name their lot by its id the code; refuses those whose id names no lot, or another one than their code.
  static absl::Status NameLots(Connection* connection, Work* work);
  absl::Status LoadLots(Connection* connection, Work* work);
  // Makes the lots that are new, with their feeders; refuses meals that give a lot a feeder of another site.
  absl::Status MakeLots(Connection* connection, Work* work);
  absl::Status LoadRequests(Connection* connection, Work* work);
  absl::Status GiveIds(Connection* connection, size_t count);
  void Play(Work* work);
  // The item was carried out before, or is refused because its request names something else.
  static bool Replay(Item* item, Work* work);
  void PlayItem(size_t index, Item* item, Work* work);
  void PlayDay(size_t index, Item* item, LotLedger* lot, Work* work);
  // Plays one meal of item `index` against its lot; `told` with its feeder, site and breed or without.
  persist::ItemOutcome PlayMeal(size_t index, const persist::MealWrite& write, const feeding::v1::Meal& told, LotLedger* lot, Work* work);
  absl::Status WriteAll(Connection* connection, Work* work);
  // A correction that changed no meal is one when it changes what was entered beside them.
  absl::Status WriteDays(Connection* connection, Work* work);
  absl::Status WriteRequests(Connection* connection, const Work& work);
  std::vector<RejectedRow> Rejections(const Work& work) const;
  absl::Status FindPoison(std::vector<persist::Group<persist::MealWrite>>* groups, std::vector<Item>* items, size_t begin, size_t end);
  static void Answer(std::vector<persist::Group<persist::MealWrite>>* groups, std::vector<Item>* items, absl::Time commit_time);

  const Options options_;
  const Clock* const clock_;
  CommitFrame frame_;
  LotRows lots_;
  PartitionGuard partitions_;
  std::vector<int64_t> meal_ids_;  // taken from the sequence in advance
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_MEAL_COMMITTER_H_
