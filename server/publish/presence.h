// Which devices are online.
#ifndef EGI_SERVER_PUBLISH_PRESENCE_H_
#define EGI_SERVER_PUBLISH_PRESENCE_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/base/mutex.h"

namespace egi::publish {

// A device is online from its first sign of life (sample or heartbeat) until it was silent for 90 s. Thread-safe.
class Presence {
 public:
  static constexpr absl::Duration kSilence = absl::Seconds(90);  // api.md part A: idle timeout of a device's socket
  static constexpr size_t kMaxDevices = 100'000;                 // beyond, unknown devices are not followed

  // A sample was committed. Returns the change of state, if any.
  std::vector<realtime::v1::Event> SampleSeen(const std::string& device_id, const std::string& site_code, absl::Time now);
  // A heartbeat came: always told, with its buffer.
  std::vector<realtime::v1::Event> HeartbeatSeen(const std::string& device_id, int32_t buffer_size, absl::Time now);
  // The devices that went silent; they are forgotten until they come back.
  std::vector<realtime::v1::Event> Sweep(absl::Time now);

 private:
  struct Device {
    absl::Time last_seen;
    std::string site_code;
    int32_t buffer_size = 0;
  };
  static realtime::v1::Event ToEvent(const std::string& id, const Device& device, const char* status);

  Mutex mutex_;
  std::unordered_map<std::string, Device> devices_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::publish

#endif  // EGI_SERVER_PUBLISH_PRESENCE_H_
