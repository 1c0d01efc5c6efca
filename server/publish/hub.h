// Stage 5: what was committed, in commit order, to everybody who asked for it.
#ifndef EGI_SERVER_PUBLISH_HUB_H_
#define EGI_SERVER_PUBLISH_HUB_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <unordered_set>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/worker_pool.h"
#include "server/persist/committed.h"
#include "server/publish/event_log.h"
#include "server/publish/presence.h"
#include "server/publish/sequencer.h"
#include "server/publish/subscription.h"
#include "server/storage/event_store.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace egi::publish {

// Gathers commits of this server and, by asking the store, of the others; keeps the recent ones; wakes the subscriptions. Thread-safe. Free
// of gRPC.
class Hub {
 public:
  struct Options {
    storage::EventStore* store = nullptr;  // outlives the hub, as all below
    WorkerPool* pool = nullptr;
    const Clock* clock = nullptr;
    telemetry::Metrics* metrics = nullptr;
    const telemetry::Log* log = nullptr;
    int max_subscribers = 2000;
    int64_t log_events = 20'000;
    int64_t log_bytes = 32 << 20;                      // serialised
    absl::Duration poll_interval = absl::Milliseconds(200);  // for commits of other servers
    absl::Duration gap_grace = absl::Milliseconds(20);       // a commit of this server is on its way to us
    SubscriptionEnvironment subscription;              // limits only; the pointers are filled in
  };

  // Errors: INVALID_ARGUMENT (options).
  static absl::StatusOr<std::unique_ptr<Hub>> Create(Options options);
  // Stops.
  ~Hub();

  void Start();
  // Ends every subscription with UNAVAILABLE after its position; refuses new ones.
  void Drain();
  void Stop();

  // persist::OnCommitted. Never blocks.
  void Committed(std::shared_ptr<const persist::CommittedBatch> batch);
  // A device gave a sign of life. Never blocks.
  void HeartbeatSeen(const std::string& device_id, int32_t buffer_size, absl::Time now);

  // A new subscription; see Subscription for `on_ready`. Errors: INVALID_ARGUMENT (filter, token), RESOURCE_EXHAUSTED,
  // UNAVAILABLE (draining, or the database has not answered since the start).
  absl::StatusOr<std::shared_ptr<Subscription>> Subscribe(const realtime::v1::SubscribeRequest& request,
                                                          std::function<void()> on_ready);
  void Unsubscribe(const std::shared_ptr<Subscription>& subscription);

  // Commit number of the newest event handed out; for tests and diagnosis.
  int64_t last_seq() const { return log_.last_seq(); }

 private:
  explicit Hub(Options options);

  void Run();
  // Learns the newest commit; false when stopping.
  bool FindHead();
  // Gives out what is in order; true when something was.
  bool Emit(Sequencer* sequencer);
  void FillGap(Sequencer* sequencer);
  void Tick();
  void Broadcast(const std::vector<realtime::v1::Event>& transient);
  void WakeAll();
  std::vector<std::shared_ptr<Subscription>> Subscriptions() const;
  // Waits for commits, `timeout` or Stop; false when stopping.
  bool Await(absl::Duration timeout, std::deque<std::shared_ptr<const persist::CommittedBatch>>* batches);

  Options options_;
  EventLog log_;
  Presence presence_;

  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool head_known_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t dropped_seq_ ABSL_GUARDED_BY(mutex_) = 0;  // newest commit that did not fit in incoming_
  std::deque<std::shared_ptr<const persist::CommittedBatch>> incoming_ ABSL_GUARDED_BY(mutex_);
  std::unordered_set<std::shared_ptr<Subscription>> subscriptions_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace egi::publish

#endif  // EGI_SERVER_PUBLISH_HUB_H_
