// Offsets of the producers in memory, for tests.
#ifndef EGI_SERVER_STORAGE_FAKE_FAKE_PRODUCER_STORE_H_
#define EGI_SERVER_STORAGE_FAKE_FAKE_PRODUCER_STORE_H_

#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"
#include "server/storage/producer_store.h"

namespace egi::storage {

// Keeps the contract of store_contract_test. Thread-safe.
class FakeProducerStore final : public ProducerStore {
 public:
  absl::StatusOr<ProducerOffset> OpenProducer(const std::string& producer_id, const std::string& kind, const std::string&) override {
    MutexLock lock(&mutex_);
    Entry& entry = producers_.try_emplace(producer_id, Entry{kind, {}}).first->second;
    if (entry.kind != kind) return absl::FailedPreconditionError("producer " + producer_id + " does not send " + kind + "s");
    ++entry.offset.epoch;
    return entry.offset;
  }

  // As a commit does it: from `first` - 1 to `last`. False when the producer is unknown, has a newer epoch or stands elsewhere: fenced.
  bool Advance(const std::string& producer_id, int64_t epoch, int64_t first, int64_t last) {
    MutexLock lock(&mutex_);
    const auto found = producers_.find(producer_id);
    if (found == producers_.end()) return false;
    ProducerOffset& offset = found->second.offset;
    if (offset.epoch != epoch || offset.last_sequence != first - 1) return false;
    offset.last_sequence = last;
    return true;
  }

 private:
  struct Entry {
    std::string kind;
    ProducerOffset offset;
  };
  Mutex mutex_;
  std::map<std::string, Entry> producers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_FAKE_FAKE_PRODUCER_STORE_H_
