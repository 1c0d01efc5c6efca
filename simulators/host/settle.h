// Waits until simulators that were started really work.
#ifndef EGI_SIMULATORS_HOST_SETTLE_H_
#define EGI_SIMULATORS_HOST_SETTLE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "simulators/host/registry.h"

namespace egi::simulator_host {

struct SettleOptions {
  absl::Duration patience = absl::Seconds(8);  // what has not settled by then is left to itself: it waits for the server, or for its first meal
  absl::Duration alive = absl::Seconds(1);     // a program that lives so long works; a feeding simulator whose messages are all refused for so long does not
};

// Waits until each of `names` works: a feeding simulator when the server has taken a message of it, a program when it lives. When one fails all of them are
// stopped, each with the reason in its message, and stay known. Errors: FAILED_PRECONDITION (which one failed, why, and what to do).
absl::Status Settle(Registry& registry, const std::vector<std::string>& names, const SettleOptions& options = {});

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_SETTLE_H_
