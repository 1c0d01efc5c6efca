// The registry of stations: signs of life, changes by users, presence, configuration.
#ifndef EGI_SERVER_STORAGE_WRITE_DEVICE_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_DEVICE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/device.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// What a heartbeat added to the counters since the one before; a counter that fell began anew with a boot.
struct CounterSteps {
  int64_t nacks = 0;
  int64_t acquisition_failures = 0;
  int64_t measurements_dropped = 0;
  int64_t boots = 0;
};

struct RecordedHeartbeat {
  quality::v1::Device device;  // as it is now
  CounterSteps steps;          // zero for the first heartbeat
};

// Fields to change; absent ones stay.
struct DeviceUpdate {
  std::optional<std::string> device_name;
  std::optional<std::string> site_code;
  std::optional<std::string> location;
  std::optional<std::string> config_profile;
};

// Who did it, and why.
struct Actor {
  std::string by;
  std::string reason;  // may be empty
};

// The page of a history: rows before `before`, newest first.
struct HistoryQuery {
  std::string device_id;
  std::optional<int64_t> before;  // number of the change or transition, or microseconds since 1970 of the counters
  int limit = 100;
};

// One row of a history with the place to go on after it.
template <typename Message>
struct HistoryRow {
  int64_t place = 0;
  Message message;
};
template <typename Message>
using History = std::vector<HistoryRow<Message>>;

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE; those that name a device with NOT_FOUND (DEVICE_NOT_FOUND).
class DeviceStore {
 public:
  virtual ~DeviceStore() = default;

  // Updates the device, registering it as `pending` when it is unknown; the site of a new one is deduced from its id (`_LL_`). `now` becomes its
  // last_seen unless a newer sign is known, and it is online. Counters that changed are kept in the history.
  virtual absl::StatusOr<RecordedHeartbeat> RecordHeartbeat(const quality::v1::DeviceHeartbeat& heartbeat, absl::Time now) = 0;

  // A new profile is also pushed as a configuration, unless the device is retired.
  virtual absl::StatusOr<quality::v1::Device> Update(const std::string& device_id, const DeviceUpdate& update, const Actor& actor,
                                                     absl::Time now) = 0;

  // `status`: `active` or `retired`; the latter withdraws open commands. The same status again changes nothing and leaves no trace.
  virtual absl::StatusOr<quality::v1::Device> SetStatus(const std::string& device_id, const std::string& status, const Actor& actor,
                                                        absl::Time now) = 0;

  // The next revision: `change` over the configuration before it (one that was refused does not count), as a command. Errors also:
  // FAILED_PRECONDITION (DEVICE_RETIRED).
  virtual absl::StatusOr<quality::v1::DeviceCommandRecord> Configure(const std::string& device_id, const quality::v1::DeviceConfiguration& change,
                                                                     const Actor& actor, absl::Time now) = 0;

  // The newest configuration command, and the newest configuration that is wanted still (not refused, not withdrawn); absent when there is none.
  struct Configuration {
    std::optional<quality::v1::DeviceCommandRecord> newest;
    std::optional<quality::v1::DeviceConfiguration> desired;
  };
  virtual absl::StatusOr<Configuration> ReadConfiguration(const std::string& device_id) = 0;

  virtual absl::StatusOr<History<quality::v1::DeviceChange>> ListChanges(const HistoryQuery& query) = 0;
  virtual absl::StatusOr<History<quality::v1::DevicePresence>> ListPresence(const HistoryQuery& query) = 0;
  virtual absl::StatusOr<History<quality::v1::DeviceCounters>> ListCounters(const HistoryQuery& query) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<DeviceStore> NewPostgresDeviceStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_DEVICE_STORE_H_
