// One subscriber's way through the committed order: a cursor, never a queue of its own.
#ifndef EGI_SERVER_PUBLISH_SUBSCRIPTION_H_
#define EGI_SERVER_PUBLISH_SUBSCRIPTION_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "egi/realtime/v1/realtime.pb.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/worker_pool.h"
#include "server/publish/event_log.h"
#include "server/publish/resume_token.h"
#include "server/storage/event_store.h"

namespace egi::publish {

// What all subscriptions of a hub share; outlives them.
struct SubscriptionEnvironment {
  const EventLog* log = nullptr;
  storage::EventStore* store = nullptr;
  WorkerPool* pool = nullptr;  // for the store's blocking reads
  const Clock* clock = nullptr;
  int chunk_events = 64;           // matching events taken from the log at once: all that a stalled reader holds
  int catch_up_events = 512;       // read from the store at once
  int conflate_after_events = 256; // latest_only: beyond this the backlog is conflated
  absl::Duration heartbeat_interval = absl::Seconds(15);
  absl::Duration resume_window = absl::Hours(24);
};

// Pulled by its reader: what is not asked for is not held, so a stalled reader costs a chunk of shared frames. Starts with a snapshot, a
// resume or the present; follows the log; falls back on the store when the log has moved on, without a gap or a repeat. Thread-safe.
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  // `request` has a checked filter, which may name its lot by id: a lot that does not exist ends the subscription with NOT_FOUND; `resume` is its decoded token, if any. `on_ready` is called, from any thread and without a lock held,
  // when Next has something again after it said kWait.
  Subscription(const SubscriptionEnvironment& environment, realtime::v1::SubscribeRequest request,
               std::optional<ResumePoint> resume, std::function<void()> on_ready);

  enum class Next { kFrame, kWait, kEnd };
  // The next message; kEnd after the last one, then `status` says why.
  Next Pull(Frame* frame);
  absl::Status status() const;

  // Called by the hub. New events in the log, or time has passed (heartbeats, retries).
  void Wake();
  // Gives up what was read ahead when the reader stalls: it can be read again.
  void Trim(absl::Time now);
  // An event outside the order (devices); kept only while few.
  void OfferTransient(const std::string& key, const realtime::v1::Event& event, const Frame& frame);
  // Ends with `status` after a last heartbeat that carries the position.
  void End(const absl::Status& status);

  enum class Phase { kSnapshot, kCatchUp, kLive };
  Phase phase() const;

 private:
  struct Begun {
    absl::Status status;
    std::vector<Frame> frames;
    storage::Position cursor;
  };
  std::string Token(const storage::Position& position) const;
  void PushResponse(const realtime::v1::SubscribeResponse& response) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PushCurrent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Finish(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the next chunk of the log; false when there is nothing to take now.
  bool Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Moves through one batch; stops at the end of a chunk.
  void TakeBatch(const SharedBatch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TakeNewestOfLog() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HeartbeatDue() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Jobs on the pool.
  bool PostJob(void (Subscription::*job)()) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NameLot();
  void ReadSnapshot();
  void CheckResume();
  void CatchUp();
  void JobDone();
  absl::Status TooOld();

  const SubscriptionEnvironment env_;
  const realtime::v1::SubscribeRequest request_;
  const std::optional<ResumePoint> resume_;
  const std::function<void()> on_ready_;

  mutable Mutex mutex_;
  realtime::v1::Filter filter_ ABSL_GUARDED_BY(mutex_);  // of the request, its lot by code
  int32_t unnamed_lot_ ABSL_GUARDED_BY(mutex_) = 0;      // id of the lot whose code is still to be asked for
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;       // the cursor is set
  bool job_ ABSL_GUARDED_BY(mutex_) = false;         // a job is on the pool
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;     // the reader waits for on_ready
  bool behind_ ABSL_GUARDED_BY(mutex_) = false;      // `current` is due when the head is reached
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  storage::Position cursor_ ABSL_GUARDED_BY(mutex_);  // next event wanted
  int64_t seen_total_ ABSL_GUARDED_BY(mutex_) = 0;    // EventLog::total_events at the last time the head was reached
  absl::Time last_pull_ ABSL_GUARDED_BY(mutex_);
  absl::Time last_frame_ ABSL_GUARDED_BY(mutex_);
  std::deque<Frame> frames_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<const SharedBatch>> backlog_ ABSL_GUARDED_BY(mutex_);  // read from the store, not yet taken
  std::deque<std::pair<std::string, Frame>> transient_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::publish

#endif  // EGI_SERVER_PUBLISH_SUBSCRIPTION_H_
