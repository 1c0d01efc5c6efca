#include "server/publish/presence.h"

#include "server/base/proto_time.h"

namespace egi::publish {

realtime::v1::Event Presence::ToEvent(const std::string& id, const Device& device, const char* status) {
  realtime::v1::Event event;
  auto* body = event.mutable_device();
  body->set_device_id(id);
  body->set_status(status);
  body->set_site_code(device.site_code);
  body->set_buffer_size(device.buffer_size);
  ToTimestamp(device.last_seen, body->mutable_last_seen());
  return event;
}

std::vector<realtime::v1::Event> Presence::SampleSeen(const std::string& device_id, const std::string& site_code, absl::Time now) {
  MutexLock lock(&mutex_);
  const auto it = devices_.find(device_id);
  if (it != devices_.end()) {
    it->second.last_seen = now;
    if (!site_code.empty()) it->second.site_code = site_code;
    return {};
  }
  if (devices_.size() >= kMaxDevices) return {};
  Device& device = devices_[device_id];
  device.last_seen = now;
  device.site_code = site_code;
  return {ToEvent(device_id, device, "online")};
}

std::vector<realtime::v1::Event> Presence::HeartbeatSeen(const std::string& device_id, int32_t buffer_size, absl::Time now) {
  MutexLock lock(&mutex_);
  if (devices_.count(device_id) == 0 && devices_.size() >= kMaxDevices) return {};
  Device& device = devices_[device_id];
  device.last_seen = now;
  device.buffer_size = buffer_size;
  return {ToEvent(device_id, device, "online")};
}

std::vector<realtime::v1::Event> Presence::Sweep(absl::Time now) {
  std::vector<realtime::v1::Event> events;
  MutexLock lock(&mutex_);
  for (auto it = devices_.begin(); it != devices_.end();) {
    if (now - it->second.last_seen < kSilence) {
      ++it;
      continue;
    }
    events.push_back(ToEvent(it->first, it->second, "offline"));
    it = devices_.erase(it);
  }
  return events;
}

}  // namespace egi::publish
