// Puts committed batches back into commit order.
#ifndef EGI_SERVER_PUBLISH_SEQUENCER_H_
#define EGI_SERVER_PUBLISH_SEQUENCER_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "server/persist/committed.h"

namespace egi::publish {

// Batches come from several committers in any order, more than once, or only by hearsay (another server committed). A number is taken
// under a lock held until the commit, so whatever is smaller than a known number is committed too and can be read. Not thread-safe.
class Sequencer {
 public:
  // `last`: everything up to it is the past. At most `max_waiting` batches are kept for later; the newest are dropped first, as they can be
  // read again.
  Sequencer(int64_t last, size_t max_waiting) : last_(last), known_(last), max_waiting_(max_waiting) {}

  void Offer(std::shared_ptr<const persist::CommittedBatch> batch) {
    const int64_t seq = batch->commit_seq;
    NoteCommitted(seq);
    if (seq <= last_) return;
    waiting_.emplace(seq, std::move(batch));
    if (waiting_.size() > max_waiting_) waiting_.erase(std::prev(waiting_.end()));
  }

  // Everything up to `seq` is committed, here or elsewhere.
  void NoteCommitted(int64_t seq) { known_ = std::max(known_, seq); }

  // The next batch in order, or null.
  std::shared_ptr<const persist::CommittedBatch> Next() {
    const auto it = waiting_.find(last_ + 1);
    if (it == waiting_.end()) return nullptr;
    auto batch = std::move(it->second);
    waiting_.erase(it);
    ++last_;
    return batch;
  }

  // The next batch is committed but was not offered.
  bool HasGap() const { return known_ > last_ && waiting_.count(last_ + 1) == 0; }

  // Number of the last batch given out.
  int64_t last() const { return last_; }

 private:
  int64_t last_;
  int64_t known_;
  const size_t max_waiting_;
  std::map<int64_t, std::shared_ptr<const persist::CommittedBatch>> waiting_;
};

}  // namespace egi::publish

#endif  // EGI_SERVER_PUBLISH_SEQUENCER_H_
