// The whole storage in memory, for tests: producers, committers of both kinds and the events they commit.
#ifndef EGI_SERVER_STORAGE_FAKE_FAKE_STORE_H_
#define EGI_SERVER_STORAGE_FAKE_FAKE_STORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/analyse/verdict.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/persist/committer.h"
#include "server/storage/alert_fold.h"
#include "server/storage/event_store.h"
#include "server/storage/fake/fake_producer_store.h"
#include "server/storage/postgres/lot_ledger.h"
#include "server/storage/postgres/offset_steps.h"
#include "server/storage/producer_store.h"

namespace egi::storage {

// Keeps the contract of store_contract_test, as the PostgreSQL stores do; nothing outlives the object. Thread-safe: any number of
// committers of one store may commit at once, each as one server's batcher. It never fails: no call answers UNAVAILABLE, and there is no
// row it refuses. The form in which a sample is kept and the rules by which a meal changes its lot are those of PostgreSQL's SampleRow
// and LotLedger, which know no SQL.
class FakeStore final : public ProducerStore, public EventStore {
 public:
  // Events older than this are not resumable.
  static constexpr absl::Duration kRetention = absl::Hours(24);

  // Judges a meal; analyse::JudgeMeal. Pure: it is called within the transaction, with the store locked.
  using Judge = std::function<analyse::MealVerdict(const feeding::v1::Meal&, const analyse::LotState&)>;

  // `clock` gives the times of the commits and must outlive the store.
  FakeStore(const Clock* clock, Judge judge) : clock_(clock), judge_(std::move(judge)) {}

  // Committers of this store, which must outlive them.
  std::unique_ptr<persist::SampleCommitter> NewSampleCommitter();
  std::unique_ptr<persist::MealCommitter> NewMealCommitter();

  // Refused items that left their trace.
  int64_t CountRejected();

  absl::StatusOr<ProducerOffset> OpenProducer(const std::string& producer_id, const std::string& kind,
                                              const std::string& firmware_version) override;

  absl::StatusOr<int64_t> LastCommitSeq() override;
  absl::StatusOr<int64_t> EarliestCommitSeq() override;
  absl::StatusOr<std::vector<std::shared_ptr<const persist::CommittedBatch>>> ReadAfter(int64_t after, int max_events) override;
  absl::StatusOr<Snapshot> ReadSnapshot(const realtime::v1::Filter& filter) override;
  absl::StatusOr<std::string> CodeOfLot(int32_t lot_id) override;

 private:
  using Batch = std::shared_ptr<const persist::CommittedBatch>;
  using Events = std::vector<realtime::v1::Event>;
  using AlertKey = std::pair<std::string, std::string>;  // type, object
  template <typename Write>
  class Committer;
  struct OpenAlert {
    FoldedAlert alert;
    realtime::v1::AlertEvent event;  // as it was opened
    int64_t commit_seq = 0;
  };

  Batch CommitGroups(std::vector<persist::Group<persist::SampleWrite>>* groups);
  Batch CommitGroups(std::vector<persist::Group<persist::MealWrite>>* groups);

  // Advances the offsets, answers the fenced groups and returns the others.
  template <typename Write>
  std::vector<persist::Group<Write>*> Admit(std::vector<persist::Group<Write>>* groups) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Gives the transaction its place; `taking_part` are the groups answered OK. Null when there are none.
  template <typename Write>
  Batch Finish(const std::vector<persist::Group<Write>*>& taking_part, Events events) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  persist::ItemOutcome StoreSample(persist::SampleWrite* write, Events* events, Events* alerts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Completes what the message leaves open (site, lot, feeder). Errors: NOT_FOUND, FAILED_PRECONDITION.
  absl::Status ResolveSample(quality::v1::GradedSample* graded) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Gives a meal that names its lot by its id the code, or refuses it.
  void NameLotOf(persist::MealWrite* write) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeLots(const std::vector<persist::Group<persist::MealWrite>*>& groups) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A meal or a day, once for each named request.
  persist::ItemOutcome StoreEntry(const persist::MealWrite& write, Events* events, Events* alerts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  persist::ItemOutcome StoreDay(const persist::MealWrite& write, LotLedger* lot, Events* events, Events* alerts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  persist::ItemOutcome StoreMeal(const persist::MealWrite& write, const feeding::v1::Meal& told, LotLedger* lot, Events* events, Events* alerts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Events of the states that lots entered in this transaction.
  void AddLotEvents(Events* events) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The open alerts of one item's objects, ready to be played against.
  AlertFold FoldOf(const std::vector<std::string>& objects, int clear_after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps what the fold changed and tells it; `opening` is the event of an alert this item opens, without what the life tells. Answers how many it opened.
  int32_t Keep(AlertFold* fold, const realtime::v1::AlertEvent& opening, Events* alerts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int32_t FoldQualityAlerts(const quality::v1::GradedSample& graded, const analyse::SampleVerdict& verdict, Events* alerts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  int32_t FoldFeedingAlerts(const feeding::v1::RecordedMeal& recorded, const analyse::MealVerdict& verdict, bool late, Events* alerts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock* const clock_;
  const Judge judge_;
  FakeProducerStore producers_;
  Mutex mutex_;
  std::vector<Batch> batches_ ABSL_GUARDED_BY(mutex_);  // commit_seq - 1
  std::map<std::pair<std::string, std::string>, std::string> samples_ ABSL_GUARDED_BY(mutex_);  // (device, sample) -> hash of the body
  std::map<std::string, std::string> device_sites_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, LotLedger> lots_ ABSL_GUARDED_BY(mutex_);  // by code
  std::map<int32_t, std::string> feeder_sites_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, int32_t>, feeding::v1::DayEntry> days_ ABSL_GUARDED_BY(mutex_);  // (code, jour) -> what stands beside the meals
  std::map<std::string, std::pair<std::string, std::string>> requests_ ABSL_GUARDED_BY(mutex_);  // id -> hash, packed outcome
  std::set<std::string> inspection_queue_ ABSL_GUARDED_BY(mutex_);
  std::map<AlertKey, OpenAlert> open_alerts_ ABSL_GUARDED_BY(mutex_);
  int32_t last_meal_id_ ABSL_GUARDED_BY(mutex_) = 0;
  int32_t last_alert_id_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t rejected_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_FAKE_FAKE_STORE_H_
