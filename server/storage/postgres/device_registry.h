// Registers devices that speak and notes when they spoke last.
#ifndef EGI_SERVER_STORAGE_POSTGRES_DEVICE_REGISTRY_H_
#define EGI_SERVER_STORAGE_POSTGRES_DEVICE_REGISTRY_H_

#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/storage/postgres/connection.h"

namespace egi::storage {

// A sign of life of a device.
struct DeviceSign {
  std::string device_id;
  std::string site_code;  // empty = not told
  std::string firmware_version;
  std::string config_profile;
  absl::Time received;
};

// Site written in a device id as LL, LS or MT between separators (ESP32_LL_01, ESP32-FOIEGRAS-MT-001); empty when there is none.
std::string SiteInDeviceId(const std::string& device_id);

// Used by one thread.
class DeviceRegistry {
 public:
  // Registers unknown devices as `pending`. Writes devices that are new to this registry or whose last_seen is older than ten seconds; one statement, none when nothing is due.
  absl::Status Touch(Connection* connection, const std::vector<DeviceSign>& signs);

  // Registered site of a device touched before; empty when unknown.
  const std::string& SiteOf(const std::string& device_id) const;

  // True for a device touched before that was retired then.
  bool IsRetired(const std::string& device_id) const;

 private:
  struct Entry {
    absl::Time written;
    std::string site_code;
    bool retired = false;
  };
  std::unordered_map<std::string, Entry> devices_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_DEVICE_REGISTRY_H_
