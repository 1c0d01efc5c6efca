// Acknowledges alerts of both origins.
#ifndef EGI_SERVER_STORAGE_WRITE_ALERT_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_ALERT_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// The first acknowledgement of an alert: later ones do not change it.
struct Acknowledgement {
  std::string by;
  absl::Time at;
};

// Thread-safe; blocks on the database. Errors of every call: NOT_FOUND, UNAVAILABLE.
class AlertStore {
 public:
  virtual ~AlertStore() = default;

  virtual absl::StatusOr<Acknowledgement> AcknowledgeQualityAlert(int32_t alert_id, const std::string& by, absl::Time now) = 0;

  // `comment` is kept with the first acknowledgement; empty = none.
  virtual absl::StatusOr<Acknowledgement> AcknowledgeFeedingAlert(int32_t id, const std::string& by, const std::string& comment,
                                                                  absl::Time now) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<AlertStore> NewPostgresAlertStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_ALERT_STORE_H_
