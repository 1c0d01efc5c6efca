// Group commit: one thread collects from all streams and commits as soon as the previous commit has returned.
#ifndef EGI_SERVER_PERSIST_BATCHER_H_
#define EGI_SERVER_PERSIST_BATCHER_H_

#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"
#include "server/base/rich_status.h"
#include "server/persist/committer.h"

namespace egi::persist {

struct BatcherOptions {
  // Rows of one transaction, > 0. A group is never split, so a transaction may exceed it by one group.
  int max_rows = 2000;
  // Called after each commit, before the acknowledgements.
  OnCommitted on_committed;
};

// See Sink. Thread-safe. The destructor answers UNAVAILABLE to what is still waiting.
template <typename Write>
class Batcher : public Sink<Write> {
 public:
  // Errors: INVALID_ARGUMENT (options).
  static absl::StatusOr<std::unique_ptr<Batcher>> Create(std::unique_ptr<Committer<Write>> committer, BatcherOptions options) {
    if (options.max_rows <= 0 || options.on_committed == nullptr || committer == nullptr) {
      return absl::InvalidArgumentError("batcher: needs a committer, on_committed, and max_rows > 0");
    }
    return std::unique_ptr<Batcher>(new Batcher(std::move(committer), std::move(options)));
  }

  ~Batcher() override { Stop(); }

  void Submit(std::vector<Write> group, Done done) override {
    bool refused = false;
    {
      MutexLock lock(&mutex_);
      refused = draining_;
      if (!refused) {
        const size_t size = group.size();
        pending_.fetch_add(static_cast<int64_t>(size), std::memory_order_relaxed);
        waiting_.push_back(Group<Write>{std::move(group), std::move(done), size, {}});
        changed_.NotifyOne();
      }
    }
    if (refused) done(GroupOutcome{Draining(), absl::InfinitePast(), {}});
  }

  int64_t Pending() const override { return pending_.load(std::memory_order_relaxed); }

  // Refuses new groups (UNAVAILABLE) and waits until those already taken are answered; after `timeout` answers true only when they all are.
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

  // Drains without patience: a transaction under way ends, the rest is answered UNAVAILABLE. Idempotent.
  void Stop() {
    {
      MutexLock lock(&mutex_);
      draining_ = stopping_ = true;
      changed_.NotifyAll();
    }
    committer_->Cancel();
    if (thread_.joinable()) thread_.join();
  }

 private:
  Batcher(std::unique_ptr<Committer<Write>> committer, BatcherOptions options)
      : committer_(std::move(committer)), options_(std::move(options)), thread_([this] { Run(); }) {}

  static absl::Status Draining() {
    return WithErrorInfo(absl::UnavailableError("the server is shutting down; send again to another or after its restart"),
                         "DRAINING");
  }

  void Run() {
    std::vector<Group<Write>> batch;
    while (Take(&batch)) {
      Store(&batch);
      batch.clear();
      Rest();
    }
    for (Group<Write>& group : batch) {
      group.outcome.status = Draining();
      Answer(&group);
    }
    Rest();
  }

  // Everything taken is answered.
  void Rest() {
    MutexLock lock(&mutex_);
    busy_ = false;
    if (waiting_.empty()) idle_.NotifyAll();
  }

  // Waits for groups and takes at most max_rows rows of them. False: stop; `batch` then holds what was left.
  bool Take(std::vector<Group<Write>>* batch) {
    MutexLock lock(&mutex_);
    while (waiting_.empty() && !stopping_) changed_.Wait(&mutex_);
    size_t rows = 0;
    while (!waiting_.empty() && (stopping_ || rows < static_cast<size_t>(options_.max_rows))) {
      rows += waiting_.front().size;
      batch->push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    busy_ = true;
    return !stopping_;
  }

  void Store(std::vector<Group<Write>>* batch) {
    auto committed = committer_->Commit(batch);
    if (committed.ok() && *committed != nullptr) options_.on_committed(*std::move(committed));
    for (Group<Write>& group : *batch) {
      if (!committed.ok()) group.outcome = GroupOutcome{committed.status(), absl::InfinitePast(), {}};
      Answer(&group);
    }
  }

  void Answer(Group<Write>* group) {
    pending_.fetch_sub(static_cast<int64_t>(group->size), std::memory_order_relaxed);
    group->done(std::move(group->outcome));
  }

  const std::unique_ptr<Committer<Write>> committer_;
  const BatcherOptions options_;
  std::atomic<int64_t> pending_ = 0;
  Mutex mutex_;
  CondVar changed_;  // something to take, or stop
  CondVar idle_;     // nothing left
  std::deque<Group<Write>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: starts when everything else is there
};

using SampleBatcher = Batcher<SampleWrite>;
using MealBatcher = Batcher<MealWrite>;

}  // namespace egi::persist

#endif  // EGI_SERVER_PERSIST_BATCHER_H_
