// Groups that wait for the committer.
#ifndef EGI_SERVER_PERSIST_GROUP_QUEUE_H_
#define EGI_SERVER_PERSIST_GROUP_QUEUE_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/persist/committer.h"

namespace egi::persist {

// Many push, one takes. Thread-safe.
template <typename Write>
class GroupQueue {
 public:
  // False when draining: the group is not taken and stays with the caller.
  bool Push(Group<Write>&& group) {
    MutexLock lock(&mutex_);
    if (draining_) return false;
    waiting_.push_back(std::move(group));
    changed_.NotifyOne();
    return true;
  }

  // Waits for groups and takes at most `max_rows` rows of them; a group is never split. False: stop; `batch` then holds what was left.
  bool Take(size_t max_rows, std::vector<Group<Write>>* batch) {
    MutexLock lock(&mutex_);
    while (waiting_.empty() && !stopping_) changed_.Wait(&mutex_);
    size_t rows = 0;
    while (!waiting_.empty() && (stopping_ || rows < max_rows)) {
      rows += waiting_.front().size;
      batch->push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    busy_ = true;
    return !stopping_;
  }

  // Everything taken is answered.
  void Rest() {
    MutexLock lock(&mutex_);
    busy_ = false;
    if (waiting_.empty()) idle_.NotifyAll();
  }

  // Refuses new groups and waits until those already taken are answered; after `timeout` answers true only when they all are.
  bool Drain(absl::Duration timeout) {
    const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
    MutexLock lock(&mutex_);
    draining_ = true;
    changed_.NotifyAll();
    while (busy_ || !waiting_.empty()) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= std::chrono::nanoseconds(0)) return false;
      idle_.WaitFor(&mutex_, left);
    }
    return true;
  }

  // Refuses new groups and ends Take.
  void Stop() {
    MutexLock lock(&mutex_);
    draining_ = stopping_ = true;
    changed_.NotifyAll();
  }

 private:
  Mutex mutex_;
  CondVar changed_;  // something to take, or stop
  CondVar idle_;     // nothing left
  std::deque<Group<Write>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace egi::persist

#endif  // EGI_SERVER_PERSIST_GROUP_QUEUE_H_
