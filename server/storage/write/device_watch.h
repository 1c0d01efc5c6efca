// Notices stations that come, go and fall silent. Everything it knows is in the database, so several servers may watch, and a restart forgets nothing.
#ifndef EGI_SERVER_STORAGE_WRITE_DEVICE_WATCH_H_
#define EGI_SERVER_STORAGE_WRITE_DEVICE_WATCH_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// The registry in figures.
struct DeviceCounts {
  int64_t online = 0;
  int64_t offline = 0;      // spoke once
  int64_t pending = 0;      // status
  int64_t silent = 0;       // with an open alert device_silent
  int64_t refusing = 0;     // online, and refusing to grade
  int64_t buffered = 0;     // measurements waiting in the stations that are online
  int64_t open_commands = 0;  // without final answer
};

// Thread-safe; blocks on the database.
class DeviceWatch {
 public:
  // 90 s of silence (api.md part A: idle timeout of a device's socket), and the 10 s within which last_seen is kept.
  static constexpr absl::Duration kOfflineAfter = absl::Seconds(100);

  virtual ~DeviceWatch() = default;

  // One look at `now`. A device that spoke is online from its last message; one that did not for kOfflineAfter is offline from its last message; an active one
  // that did not for `silent_after` opens the alert device_silent (warning), which closes when it speaks again or is no longer active. `listening`: how
  // long messages could have come (since the start of this server): a silence that is longer may be the server's own. Errors: UNAVAILABLE.
  virtual absl::StatusOr<DeviceCounts> Look(absl::Time now, absl::Duration listening, absl::Duration silent_after) = 0;
};

// On PostgreSQL. `pool` must outlive the watch.
std::unique_ptr<DeviceWatch> NewPostgresDeviceWatch(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_DEVICE_WATCH_H_
