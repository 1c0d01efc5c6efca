// Commands on their way from the connection's thread to the station's.
#ifndef EGI_SIMULATORS_STATION_PROGRAM_COMMAND_INBOX_H_
#define EGI_SIMULATORS_STATION_PROGRAM_COMMAND_INBOX_H_

#include <chrono>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "egi/quality/v1/command.pb.h"
#include "server/base/mutex.h"

namespace egi::station {

// Thread-safe. Holds what came since the last Take; the server limits it by not sending a command twice on a stream.
class CommandInbox {
 public:
  void Put(const quality::v1::DeviceCommand& command) {
    MutexLock lock(&mutex_);
    commands_.push_back(command);
    arrived_.NotifyAll();
  }
  // Waits until there is a command; false after `timeout`.
  bool Wait(absl::Duration timeout) {
    const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
    MutexLock lock(&mutex_);
    while (commands_.empty()) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= left.zero()) return false;
      arrived_.WaitFor(&mutex_, left);
    }
    return true;
  }
  // Everything in order of arrival.
  std::vector<quality::v1::DeviceCommand> Take() {
    MutexLock lock(&mutex_);
    return std::exchange(commands_, {});
  }

 private:
  Mutex mutex_;
  CondVar arrived_;
  std::vector<quality::v1::DeviceCommand> commands_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_PROGRAM_COMMAND_INBOX_H_
