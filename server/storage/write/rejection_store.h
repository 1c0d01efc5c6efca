// Keeps and lists refused messages.
#ifndef EGI_SERVER_STORAGE_WRITE_REJECTION_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_REJECTION_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/ingest/v1/stream.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// A page of refused messages, newest first. Empty strings do not restrict.
struct RejectionQuery {
  std::string device_id;
  std::string kind;
  int64_t before_id = 0;  // only smaller ids; 0 = from the newest
  int limit = 50;         // > 0
};

// Thread-safe; blocks on the database. Errors of every call: UNAVAILABLE.
class RejectionStore {
 public:
  virtual ~RejectionStore() = default;

  // Stores all of them or none. Texts are valid UTF-8 without NUL; received_time is set; payloads have at most 64 KiB.
  virtual absl::Status Record(const std::vector<ingest::v1::RejectedMessage>& messages) = 0;

  // `payload` is left empty.
  virtual absl::StatusOr<std::vector<ingest::v1::RejectedMessage>> List(const RejectionQuery& query) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<RejectionStore> NewPostgresRejectionStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_REJECTION_STORE_H_
