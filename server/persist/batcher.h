// Group commit: one thread collects from all streams and commits as soon as the previous commit has returned.
#ifndef EGI_SERVER_PERSIST_BATCHER_H_
#define EGI_SERVER_PERSIST_BATCHER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/rich_status.h"
#include "server/persist/committer.h"
#include "server/persist/group_queue.h"

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

  void Submit(std::vector<Write> items, Done done) override {
    const size_t size = items.size();
    pending_.fetch_add(static_cast<int64_t>(size), std::memory_order_relaxed);
    Group<Write> group{std::move(items), std::move(done), size, {}};
    if (queue_.Push(std::move(group))) return;
    Refuse(&group);
  }

  int64_t Pending() const override { return pending_.load(std::memory_order_relaxed); }

  // Refuses new groups (UNAVAILABLE) and waits until those already taken are answered; after `timeout` answers true only when they all are.
  bool Drain(absl::Duration timeout) { return queue_.Drain(timeout); }

  // Drains without patience: a transaction under way ends, the rest is answered UNAVAILABLE. Idempotent.
  void Stop() {
    queue_.Stop();
    committer_->Cancel();
    if (thread_.joinable()) thread_.join();
  }

 private:
  Batcher(std::unique_ptr<Committer<Write>> committer, BatcherOptions options)
      : committer_(std::move(committer)), options_(std::move(options)), thread_([this] { Run(); }) {}

  void Run() {
    std::vector<Group<Write>> batch;
    while (queue_.Take(static_cast<size_t>(options_.max_rows), &batch)) {
      Store(&batch);
      batch.clear();
      queue_.Rest();
    }
    for (Group<Write>& group : batch) Refuse(&group);
    queue_.Rest();
  }

  void Store(std::vector<Group<Write>>* batch) {
    auto committed = committer_->Commit(batch);
    if (committed.ok() && *committed != nullptr) options_.on_committed(*std::move(committed));
    for (Group<Write>& group : *batch) {
      if (!committed.ok()) group.outcome = GroupOutcome{committed.status(), absl::InfinitePast(), {}};
      Answer(&group);
    }
  }

  void Refuse(Group<Write>* group) {
    group->outcome.status = WithErrorInfo(
        absl::UnavailableError("the server is shutting down; send again to another or after its restart"), "DRAINING");
    Answer(group);
  }

  void Answer(Group<Write>* group) {
    pending_.fetch_sub(static_cast<int64_t>(group->size), std::memory_order_relaxed);
    group->done(std::move(group->outcome));
  }

  const std::unique_ptr<Committer<Write>> committer_;
  const BatcherOptions options_;
  std::atomic<int64_t> pending_ = 0;
  GroupQueue<Write> queue_;
  std::thread thread_;  // last: starts when everything else is there
};

using SampleBatcher = Batcher<SampleWrite>;
using MealBatcher = Batcher<MealWrite>;

}  // namespace egi::persist

#endif  // EGI_SERVER_PERSIST_BATCHER_H_
