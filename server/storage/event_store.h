// Reads committed events back, for snapshots, resumption and catch-up.
#ifndef EGI_SERVER_STORAGE_EVENT_STORE_H_
#define EGI_SERVER_STORAGE_EVENT_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/persist/committed.h"

namespace egi::storage {

// A place in the committed order: after event `index` (1-based) of transaction `commit_seq`; index 0 = before its first event.
struct Position {
  int64_t commit_seq = 0;
  int32_t index = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

// Thread-safe; every call may block on the database. All errors: UNAVAILABLE when the database does not answer.
class EventStore {
 public:
  virtual ~EventStore() = default;

  // Newest commit_seq, 0 when nothing was ever committed.
  virtual absl::StatusOr<int64_t> LastCommitSeq() = 0;

  // Oldest commit_seq that can still be read whole; LastCommitSeq() + 1 when none can.
  virtual absl::StatusOr<int64_t> EarliestCommitSeq() = 0;

  // Transactions with commit_seq > after, in order, up to about `max_events` events (at least one whole transaction when there is one).
  // A transaction without events (only duplicates or rejections) is returned empty.
  virtual absl::StatusOr<std::vector<std::shared_ptr<const persist::CommittedBatch>>> ReadAfter(int64_t after, int max_events) = 0;

  // The snapshot: newest matching sample of each device, newest meal of each running lot, open alerts. Consistent with `as_of`, the commit_seq it
  // contains everything up to.
  struct Snapshot {
    int64_t as_of = 0;
    std::vector<realtime::v1::Event> events;
  };
  // filter.code_lot is a code.
  virtual absl::StatusOr<Snapshot> ReadSnapshot(const realtime::v1::Filter& filter) = 0;

  // Code of the lot with this id. Further error: NOT_FOUND.
  virtual absl::StatusOr<std::string> CodeOfLot(int32_t lot_id) = 0;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_EVENT_STORE_H_
