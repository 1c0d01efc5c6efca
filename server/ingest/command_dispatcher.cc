#include "server/ingest/command_dispatcher.h"

#include <utility>

namespace egi::ingest {

using quality::v1::DeviceCommandRecord;

void CommandDispatcher::Attach(const std::string& device_id, std::weak_ptr<CommandPort> port) {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(device_id);
  if (found == entries_.end()) {
    if (entries_.size() < kMaxDevices) entries_[device_id].port = std::move(port);
    return;
  }
  if (found->second.port.lock() == port.lock()) return;
  found->second = Entry{std::move(port), {}};
}

std::vector<std::string> CommandDispatcher::Attached() {
  std::vector<std::string> devices;
  MutexLock lock(&mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (it->second.port.expired()) {
      it = entries_.erase(it);
    } else {
      devices.push_back(it->first);
      ++it;
    }
  }
  return devices;
}

std::shared_ptr<CommandPort> CommandDispatcher::PortFor(const DeviceCommandRecord& record, absl::Time now) {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(record.command().device_id());
  if (found == entries_.end()) return nullptr;
  const auto sent = found->second.sent.find(record.command().command_id());
  if (sent != found->second.sent.end() && (record.state() != "open" || now - sent->second < options_.resend_after)) return nullptr;
  return found->second.port.lock();
}

void CommandDispatcher::NoteSent(const DeviceCommandRecord& record, const std::shared_ptr<CommandPort>& port, absl::Time now) {
  MutexLock lock(&mutex_);
  const auto found = entries_.find(record.command().device_id());
  // A newer stream may speak for the device by now: it has not got the command.
  if (found != entries_.end() && found->second.port.lock() == port) found->second.sent[record.command().command_id()] = now;
}

absl::Status CommandDispatcher::Deliver() {
  const std::vector<std::string> devices = Attached();
  if (devices.empty()) return absl::OkStatus();
  const auto open = options_.open(devices);
  if (!open.ok()) return open.status();
  const absl::Time now = options_.clock->Now();
  std::vector<int32_t> handed;
  for (const DeviceCommandRecord& record : *open) {
    const std::shared_ptr<CommandPort> port = PortFor(record, now);
    if (port == nullptr || !port->SendCommand(record.command().SerializeAsString())) continue;
    NoteSent(record, port, now);
    handed.push_back(record.command().command_id());
  }
  if (!handed.empty()) options_.sent(handed, now);
  return absl::OkStatus();
}

}  // namespace egi::ingest
