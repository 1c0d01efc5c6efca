// The recent past of the committed order, in memory, shared by every subscriber.
#ifndef EGI_SERVER_PUBLISH_EVENT_LOG_H_
#define EGI_SERVER_PUBLISH_EVENT_LOG_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"
#include "server/persist/committed.h"
#include "server/storage/event_store.h"

namespace egi::publish {

// A serialised egi.realtime.v1.SubscribeResponse, shared by every subscriber that gets it.
using Frame = std::shared_ptr<const std::string>;

// Serialises SubscribeResponse{event} with the given token, without copying the event. `token` empty = none.
Frame EncodeEvent(const realtime::v1::Event& event, const std::string& token, absl::Time commit_time);

// A committed transaction whose events are serialised at most once, when first wanted. Thread-safe.
class SharedBatch {
 public:
  explicit SharedBatch(std::shared_ptr<const persist::CommittedBatch> batch)
      : batch_(std::move(batch)), frames_(batch_->events.size()) {}

  int64_t commit_seq() const { return batch_->commit_seq; }
  int32_t size() const { return static_cast<int32_t>(batch_->events.size()); }
  const realtime::v1::Event& event(int32_t i) const { return batch_->events[static_cast<size_t>(i)]; }
  Frame frame(int32_t i) const;
  // The place after event `i` (0-based).
  storage::Position After(int32_t i) const;

 private:
  const std::shared_ptr<const persist::CommittedBatch> batch_;
  mutable Mutex mutex_;
  mutable std::vector<Frame> frames_ ABSL_GUARDED_BY(mutex_);
};

// A ring of contiguous batches, bounded by events and bytes. Thread-safe.
class EventLog {
 public:
  EventLog(int64_t max_events, int64_t max_bytes) : max_events_(max_events), max_bytes_(max_bytes) {}

  // Forgets everything; the next batch is last_seq + 1.
  void Reset(int64_t last_seq);

  // `batch` is the successor of last_seq().
  void Append(std::shared_ptr<const SharedBatch> batch);

  enum class Found { kBatch, kAtHead, kGone };
  // The batch of that number; kAtHead when it is not there yet; kGone when it is no longer kept.
  Found Get(int64_t commit_seq, std::shared_ptr<const SharedBatch>* batch) const;

  // 0 before Reset.
  int64_t last_seq() const;
  // Events appended since Reset, for measuring how far a subscriber is behind.
  int64_t total_events() const;

 private:
  struct Entry {
    std::shared_ptr<const SharedBatch> batch;
    int64_t bytes;
  };
  const int64_t max_events_;
  const int64_t max_bytes_;
  mutable Mutex mutex_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);
  int64_t last_seq_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t events_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t total_events_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace egi::publish

#endif  // EGI_SERVER_PUBLISH_EVENT_LOG_H_
