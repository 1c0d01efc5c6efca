// Which profile a device works by, when its samples do not say: the one it named last.
#ifndef EGI_SERVER_INGEST_DEVICE_PROFILES_H_
#define EGI_SERVER_INGEST_DEVICE_PROFILES_H_

#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace egi::ingest {

// Thread-safe. A sample that names the profile its device is known by costs a lookup under a shared lock, nothing else.
class DeviceProfiles {
 public:
  // The profile of a sample: `named`, which is then remembered for `device_id`, else the device's; empty = unknown.
  std::string Of(const std::string& device_id, const std::string& named) {
    {
      std::shared_lock lock(mutex_);
      const auto known = profiles_.find(device_id);
      if (named.empty()) return known == profiles_.end() ? "" : known->second;
      if (known != profiles_.end() && known->second == named) return named;
    }
    const std::unique_lock lock(mutex_);
    if (profiles_.size() >= kMaxDevices) profiles_.clear();
    profiles_[device_id] = named;
    return named;
  }

 private:
  static constexpr size_t kMaxDevices = 100'000;

  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::string> profiles_;
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_DEVICE_PROFILES_H_
