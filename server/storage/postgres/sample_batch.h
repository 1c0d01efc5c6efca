// The samples of one transaction and what is known of each so far.
#ifndef EGI_SERVER_STORAGE_POSTGRES_SAMPLE_BATCH_H_
#define EGI_SERVER_STORAGE_POSTGRES_SAMPLE_BATCH_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"
#include "google/rpc/status.pb.h"
#include "server/persist/committer.h"
#include "server/storage/postgres/commit_frame.h"

namespace egi::storage {

struct SampleItem {
  persist::SampleWrite* write = nullptr;
  realtime::v1::Event event;  // its sample, moved out of the write
  std::string body_hash;
  std::optional<google::rpc::Status> rejection;
  bool duplicate = false;         // the ledger holds it with the same body
  // Of the present attempt:
  bool live = false;              // to be stored
  int32_t alerts_opened = 0;

  const quality::v1::GradedSample& graded() const { return event.sample(); }
  const quality::v1::Sample& sample() const { return event.sample().sample(); }
};

// Pure bookkeeping: no SQL. Used by one thread.
class SampleBatch {
 public:
  // Moves the samples out of `groups`, which must outlive the batch.
  explicit SampleBatch(std::vector<persist::Group<persist::SampleWrite>>* groups);

  std::vector<SampleItem>& items() { return items_; }
  const std::vector<SampleItem*>& live() const { return live_; }

  // One step for each producer that keeps an offset.
  const std::vector<OffsetStep>& steps() const { return steps_; }

  // Begins an attempt: decides what is live, given the producers found fenced. Within the batch the first of equal keys is stored, a
  // later one is its duplicate, or refused when its body differs.
  void SelectLive(const FencedSet& fenced);

  // Traces of the refused samples of this attempt.
  std::vector<RejectedRow> Rejections() const;

  // Nothing but fenced groups.
  bool all_fenced() const { return all_fenced_; }

  // Time range of the live samples; min > max when there are none.
  absl::Time min_time() const { return min_time_; }
  absl::Time max_time() const { return max_time_; }

  // Fills the outcomes of the groups after the commit.
  void Answer(absl::Time commit_time);

 private:
  bool Fenced(const persist::Producer& producer) const { return !producer.ephemeral && fenced_.contains({producer.id, producer.epoch}); }

  std::vector<persist::Group<persist::SampleWrite>>* const groups_;
  std::vector<SampleItem> items_;
  std::vector<OffsetStep> steps_;
  std::vector<SampleItem*> live_;
  FencedSet fenced_;
  std::set<const SampleItem*> conflicts_;  // of the present attempt: same key, other body within the batch
  bool all_fenced_ = false;
  absl::Time min_time_;
  absl::Time max_time_;
};

// ALREADY_EXISTS for a sample id used again with another content.
google::rpc::Status OtherBody(const quality::v1::Sample& sample);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_SAMPLE_BATCH_H_
