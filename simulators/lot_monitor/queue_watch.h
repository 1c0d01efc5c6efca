// Is told by the live feed when a lot comes into the inspection queue, so that nobody need wait for the next look at it.
#ifndef EGI_SIMULATORS_LOT_MONITOR_QUEUE_WATCH_H_
#define EGI_SIMULATORS_LOT_MONITOR_QUEUE_WATCH_H_

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "clients/cpp/subscriber.h"

namespace egi::lot_monitor {

// Thread-safe. It may miss a lot (while disconnected): the look at the queue is what counts.
class QueueWatch {
 public:
  // Follows the feed of `server` at once; an unreachable one is tried again for ever. Errors: INVALID_ARGUMENT.
  static absl::StatusOr<std::unique_ptr<QueueWatch>> Create(const std::string& server);

  // Whether a lot came since the last call.
  bool Take() { return came_.exchange(false); }

 private:
  QueueWatch() = default;

  std::atomic<bool> came_ = false;
  std::unique_ptr<client::Subscriber> subscriber_;
};

}  // namespace egi::lot_monitor

#endif  // EGI_SIMULATORS_LOT_MONITOR_QUEUE_WATCH_H_
