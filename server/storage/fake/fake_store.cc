#include "server/storage/fake/fake_store.h"

#include <algorithm>

#include "server/base/proto_time.h"

namespace egi::storage {
namespace {

using realtime::v1::Event;
using realtime::v1::Filter;

bool Wants(const Filter& filter, realtime::v1::EventKind kind) {
  return filter.kinds().empty() || std::find(filter.kinds().begin(), filter.kinds().end(), kind) != filter.kinds().end();
}

bool Matches(const Filter& filter, const std::string& device, const std::string& site, const std::string& lot, int32_t gaveur) {
  return (filter.device_id().empty() || filter.device_id() == device) && (filter.site_code().empty() || filter.site_code() == site) &&
         (filter.code_lot().empty() || filter.code_lot() == lot) && (filter.gaveur_id() <= 0 || filter.gaveur_id() == gaveur);
}

// 0 for A+, 4 for REJECT.
size_t RankOf(const std::string& grade) {
  const std::vector<std::string> grades = {"A+", "A", "B", "C", "REJECT"};
  return static_cast<size_t>(std::find(grades.begin(), grades.end(), grade) - grades.begin());
}

bool Matches(const Filter& filter, const quality::v1::GradedSample& graded) {
  return Matches(filter, graded.sample().device_id(), graded.site_code(), graded.code_lot(), graded.gaveur_id()) &&
         (filter.min_grade().empty() || RankOf(graded.result().final_grade()) <= RankOf(filter.min_grade()));
}

// Adds events in the order of their own times.
void AddInOrder(std::vector<std::pair<absl::Time, Event>> found, std::vector<Event>* events) {
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [time, event] : found) {
    event.set_snapshot(true);
    events->push_back(std::move(event));
  }
}

}  // namespace

absl::StatusOr<ProducerOffset> FakeStore::OpenProducer(const std::string& producer_id, const std::string& kind,
                                                       const std::string& firmware_version) {
  MutexLock lock(&mutex_);  // waits for a commit under way of an older stream
  return producers_.OpenProducer(producer_id, kind, firmware_version);
}

int64_t FakeStore::CountRejected() {
  MutexLock lock(&mutex_);
  return rejected_;
}

absl::StatusOr<int64_t> FakeStore::LastCommitSeq() {
  MutexLock lock(&mutex_);
  return static_cast<int64_t>(batches_.size());
}

absl::StatusOr<int64_t> FakeStore::EarliestCommitSeq() {
  const absl::Time since = clock_->Now() - kRetention;
  MutexLock lock(&mutex_);
  for (const Batch& batch : batches_) {
    if (batch->commit_time >= since) return batch->commit_seq;
  }
  return static_cast<int64_t>(batches_.size()) + 1;
}

absl::StatusOr<std::vector<std::shared_ptr<const persist::CommittedBatch>>> FakeStore::ReadAfter(int64_t after, int max_events) {
  MutexLock lock(&mutex_);
  std::vector<Batch> page;
  int64_t events = 0;
  for (const Batch& batch : batches_) {
    if (batch->commit_seq <= after) continue;
    events += static_cast<int64_t>(batch->events.size());
    if (!page.empty() && events > max_events) break;
    page.push_back(batch);
  }
  return page;
}

absl::StatusOr<EventStore::Snapshot> FakeStore::ReadSnapshot(const Filter& filter) {
  MutexLock lock(&mutex_);
  Snapshot snapshot;
  snapshot.as_of = static_cast<int64_t>(batches_.size());
  if (Wants(filter, realtime::v1::EVENT_KIND_SAMPLE)) {
    std::map<std::string, const Event*> newest;  // by device
    for (const Batch& batch : batches_) {
      for (const Event& event : batch->events) {
        if (!event.has_sample() || !Matches(filter, event.sample())) continue;
        const Event*& known = newest[event.sample().sample().device_id()];
        if (known == nullptr ||
            ToTime(event.sample().sample().sample_time()) > ToTime(known->sample().sample().sample_time())) {
          known = &event;
        }
      }
    }
    std::vector<std::pair<absl::Time, Event>> found;
    for (const auto& [device, event] : newest) found.emplace_back(ToTime(event->sample().sample().sample_time()), *event);
    AddInOrder(std::move(found), &snapshot.events);
  }
  if (Wants(filter, realtime::v1::EVENT_KIND_MEAL) && filter.device_id().empty()) {
    std::vector<std::pair<absl::Time, Event>> found;
    for (const auto& [code, lot] : lots_) {
      if (lot.statut != "en_gavage" || lot.meals.empty() || !Matches(filter, "", lot.site_code, code, lot.gaveur_id)) continue;
      const auto newest = std::max_element(lot.meals.begin(), lot.meals.end(), [](const auto& a, const auto& b) {
        return ToTime(a.second.current.recorded.meal().timestamp()) < ToTime(b.second.current.recorded.meal().timestamp());
      });
      const MealVersion& version = newest->second.current;
      Event event;
      *event.mutable_meal() = version.recorded;
      ToTimestamp(batches_[version.batch_id - 1]->commit_time, event.mutable_commit_time());
      found.emplace_back(ToTime(version.recorded.meal().timestamp()), std::move(event));
    }
    AddInOrder(std::move(found), &snapshot.events);
  }
  if (Wants(filter, realtime::v1::EVENT_KIND_ALERT)) {
    std::vector<std::pair<absl::Time, Event>> found;
    for (const auto& [key, alert] : open_alerts_) {
      if (!Matches(filter, alert.event.device_id(), alert.event.site_code(), alert.event.code_lot(), alert.event.gaveur_id())) continue;
      Event event;
      *event.mutable_alert() = alert.event;
      ToTimestamp(batches_[alert.commit_seq - 1]->commit_time, event.mutable_commit_time());
      found.emplace_back(ToTime(alert.event.time()), std::move(event));
    }
    AddInOrder(std::move(found), &snapshot.events);
  }
  return snapshot;
}

absl::StatusOr<std::string> FakeStore::CodeOfLot(int32_t lot_id) {
  MutexLock lock(&mutex_);
  for (const auto& [code, lot] : lots_) {
    if (lot.id == lot_id) return code;
  }
  return NoLotHasId(lot_id);
}

}  // namespace egi::storage
