// Hands the server's commands to the open streams of the stations they are for.
#ifndef EGI_SERVER_INGEST_COMMAND_DISPATCHER_H_
#define EGI_SERVER_INGEST_COMMAND_DISPATCHER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/device.pb.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"

namespace egi::ingest {

// An open stream.
class CommandPort {
 public:
  virtual ~CommandPort() = default;
  // Queues a serialised DeviceCommand; false when the stream takes no more. Never blocks.
  virtual bool SendCommand(std::string command) = 0;
};

// Knows which stream a device speaks on: the newest one that was opened under its id or carried its heartbeat. A command goes to a stream
// once, and again after `resend_after` while the station has not answered at all; a new stream gets every command without final answer. A
// stream that takes no more is asked again in the next round. Thread-safe.
class CommandDispatcher {
 public:
  static constexpr size_t kMaxDevices = 100'000;  // beyond, further devices get no commands

  struct Options {
    const Clock* clock = nullptr;  // outlives the dispatcher
    // Commands of these devices without final answer, oldest first. May block.
    std::function<absl::StatusOr<std::vector<quality::v1::DeviceCommandRecord>>(const std::vector<std::string>& device_ids)> open;
    // These were handed over. May block.
    std::function<void(const std::vector<int32_t>& command_ids, absl::Time now)> sent;
    absl::Duration resend_after = absl::Seconds(60);
  };
  explicit CommandDispatcher(Options options) : options_(std::move(options)) {}

  // `port` speaks for `device_id` now. Never blocks.
  void Attach(const std::string& device_id, std::weak_ptr<CommandPort> port);

  // One round: asks once for all attached devices, hands over what is due. Blocks on `open`; one thread at a time. Errors: of `open`.
  absl::Status Deliver();

 private:
  struct Entry {
    std::weak_ptr<CommandPort> port;
    std::map<int32_t, absl::Time> sent;  // by command: when this port got it
  };
  // Devices whose stream lives; forgets the others.
  std::vector<std::string> Attached();
  // The port that shall get the command now, null when none.
  std::shared_ptr<CommandPort> PortFor(const quality::v1::DeviceCommandRecord& record, absl::Time now);
  // `port` took the command.
  void NoteSent(const quality::v1::DeviceCommandRecord& record, const std::shared_ptr<CommandPort>& port, absl::Time now);

  const Options options_;
  Mutex mutex_;
  std::unordered_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_COMMAND_DISPATCHER_H_
