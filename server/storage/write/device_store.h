// Keeps the signs of life of devices.
#ifndef EGI_SERVER_STORAGE_WRITE_DEVICE_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_DEVICE_STORE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/device.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// Thread-safe; blocks on the database.
class DeviceStore {
 public:
  virtual ~DeviceStore() = default;

  // Updates the device, registering it when it is unknown; the site of a new one is deduced from its id (`_LL_`). `now` becomes its
  // last_seen unless a newer sign is known. Answers the device as it is now. Errors: UNAVAILABLE.
  virtual absl::StatusOr<quality::v1::Device> RecordHeartbeat(const quality::v1::DeviceHeartbeat& heartbeat, absl::Time now) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<DeviceStore> NewPostgresDeviceStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_DEVICE_STORE_H_
