// A storage under test: the fake, or PostgreSQL on a fresh random database.
#ifndef EGI_SERVER_STORAGE_STORE_BACKEND_H_
#define EGI_SERVER_STORAGE_STORE_BACKEND_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "server/base/fake_clock.h"
#include "server/persist/committer.h"
#include "server/storage/event_store.h"
#include "server/storage/producer_store.h"
#include "server/storage/read/stats_reader.h"

namespace egi::storage {

// Committers of one backend act as those of several servers on one storage. They must not outlive it.
class StoreBackend {
 public:
  virtual ~StoreBackend() = default;
  virtual ProducerStore* producers() = 0;
  virtual EventStore* events() = 0;
  virtual read::StatsReader* stats() = 0;
  virtual std::unique_ptr<persist::SampleCommitter> NewSampleCommitter() = 0;
  virtual std::unique_ptr<persist::MealCommitter> NewMealCommitter() = 0;
  // Does what the database does in the background for the statistics; it must not change an answer.
  virtual void SettleStatistics() = 0;
  // Refused items that left their trace.
  virtual int64_t CountRejected() = 0;
};

// `clock` must outlive the backend. Errors: no PostgreSQL; a test must fail then.
using MakeBackend = absl::StatusOr<std::unique_ptr<StoreBackend>> (*)(const FakeClock* clock);
absl::StatusOr<std::unique_ptr<StoreBackend>> MakeFakeBackend(const FakeClock* clock);
absl::StatusOr<std::unique_ptr<StoreBackend>> MakePostgresBackend(const FakeClock* clock);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_STORE_BACKEND_H_
