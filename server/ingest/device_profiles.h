// Which profile a device works by, when its samples do not say: the one it named last.
#ifndef EGI_SERVER_INGEST_DEVICE_PROFILES_H_
#define EGI_SERVER_INGEST_DEVICE_PROFILES_H_

#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "server/base/mutex.h"

namespace egi::ingest {

// Thread-safe. A sample costs one lookup under a short lock.
class DeviceProfiles {
 public:
  // The profile of a sample: `named`, which is then remembered for `device_id`, else the device's; empty = unknown.
  std::string Of(const std::string& device_id, const std::string& named) {
    MutexLock lock(&mutex_);
    const auto known = profiles_.find(device_id);
    if (named.empty()) return known == profiles_.end() ? "" : known->second;
    if (known != profiles_.end()) {
      if (known->second != named) known->second = named;
      return named;
    }
    // Ids are made up by whoever sends: forgetting all is rare, and harmless to stations that name their profile.
    if (profiles_.size() >= kMaxDevices) profiles_.clear();
    profiles_.emplace(device_id, named);
    return named;
  }

 private:
  static constexpr size_t kMaxDevices = 100'000;

  Mutex mutex_;
  std::unordered_map<std::string, std::string> profiles_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_DEVICE_PROFILES_H_
