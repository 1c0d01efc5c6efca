// Bounds the bytes of all streams together that are submitted and not yet committed.
#ifndef EGI_SERVER_INGEST_ADMISSION_GATE_H_
#define EGI_SERVER_INGEST_ADMISSION_GATE_H_

#include <cstdint>
#include <deque>
#include <functional>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"

namespace egi::ingest {

// A counting gate with a fair queue: streams wait their turn (back-pressure), unary calls are refused at once. Thread-safe.
class AdmissionGate {
 public:
  // `capacity` bytes, > 0. A single request larger than that is let through when nothing else is inside.
  explicit AdmissionGate(int64_t capacity) : capacity_(capacity) {}

  // Takes `bytes` when they fit and nobody waits.
  [[nodiscard]] bool TryAcquire(int64_t bytes);

  // Takes `bytes` now or in turn; then calls `granted` once, from the caller's thread or from a releaser's, without a lock held.
  void Acquire(int64_t bytes, std::function<void()> granted);

  void Release(int64_t bytes);

  int64_t in_use() const;

 private:
  struct Waiter {
    int64_t bytes;
    std::function<void()> granted;
  };
  bool Fits(int64_t bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return in_use_ == 0 || in_use_ + bytes <= capacity_;
  }

  const int64_t capacity_;
  mutable Mutex mutex_;
  int64_t in_use_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_ADMISSION_GATE_H_
