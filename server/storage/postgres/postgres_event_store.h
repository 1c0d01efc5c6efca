// Committed events, rebuilt from their rows.
#ifndef EGI_SERVER_STORAGE_POSTGRES_POSTGRES_EVENT_STORE_H_
#define EGI_SERVER_STORAGE_POSTGRES_POSTGRES_EVENT_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/storage/event_store.h"
#include "server/storage/postgres/connection.h"

namespace egi::storage {

class PostgresEventStore final : public EventStore {
 public:
  // Events older than this are not resumable.
  static constexpr absl::Duration kRetention = absl::Hours(24);

  // `clock` must outlive the store. Connects at first use, keeps at most four idle connections.
  PostgresEventStore(std::string url, const Clock* clock) : url_(std::move(url)), clock_(clock) {}

  absl::StatusOr<int64_t> LastCommitSeq() override;
  absl::StatusOr<int64_t> EarliestCommitSeq() override;
  absl::StatusOr<std::vector<std::shared_ptr<const persist::CommittedBatch>>> ReadAfter(int64_t after, int max_events) override;
  absl::StatusOr<Snapshot> ReadSnapshot(const realtime::v1::Filter& filter) override;
  absl::StatusOr<std::string> CodeOfLot(int32_t lot_id) override;

 private:
  // Runs `body` in one snapshot of the database; a connection found stale is replaced once.
  absl::Status InSnapshot(const std::function<absl::Status(Connection*)>& body);

  const std::string url_;
  const Clock* const clock_;
  Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_POSTGRES_EVENT_STORE_H_
