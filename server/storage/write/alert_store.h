// Acknowledges and shelves alerts of both origins.
#ifndef EGI_SERVER_STORAGE_WRITE_ALERT_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_ALERT_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

enum class AlertOriginKind { kQuality, kFeeding };

// The first acknowledgement of an alert: later ones do not change it.
struct Acknowledgement {
  std::string by;
  absl::Time at;
};

// What people decide about alerts (analyse/alert_life.h); each change is an event. Thread-safe; blocks on the database. Errors of every
// call: NOT_FOUND, UNAVAILABLE.
class AlertStore {
 public:
  virtual ~AlertStore() = default;

  // `comment` is kept with the first acknowledgement; empty = none. The alert stays open until its measure is back in range.
  virtual absl::StatusOr<Acknowledgement> Acknowledge(AlertOriginKind origin, int32_t id, const std::string& by, const std::string& comment,
                                                      absl::Time now) = 0;

  // Errors also: FAILED_PRECONDITION (closed), INVALID_ARGUMENT (end of the silence).
  virtual absl::Status Shelve(AlertOriginKind origin, int32_t id, const std::string& by, const std::string& reason, absl::Time until,
                              absl::Time now) = 0;

  // Answers the state after it: open or acknowledged. Errors also: FAILED_PRECONDITION (closed).
  virtual absl::StatusOr<std::string> Unshelve(AlertOriginKind origin, int32_t id, const std::string& by, absl::Time now) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<AlertStore> NewPostgresAlertStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_ALERT_STORE_H_
