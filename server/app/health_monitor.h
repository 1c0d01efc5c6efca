// Watches the database and tells when the server can and cannot serve.
#ifndef EGI_SERVER_APP_HEALTH_MONITOR_H_
#define EGI_SERVER_APP_HEALTH_MONITOR_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/periodic_task.h"

namespace egi::app {

// Probes in a thread of its own. A short hiccup changes nothing; a database that stays silent makes the server NOT_SERVING, the first
// answer makes it SERVING again.
class HealthMonitor {
 public:
  struct Options {
    std::function<absl::Status()> probe;             // may block
    std::function<void(bool serving)> on_change;     // from the monitor's thread
    const Clock* clock = nullptr;
    absl::Duration interval = absl::Seconds(1);
    absl::Duration patience = absl::Seconds(3);      // of failing probes
  };
  // Starts as serving. The destructor stops it.
  explicit HealthMonitor(Options options);

 private:
  void Take(const absl::Status& status);

  const Options options_;
  bool serving_ = true;                                 // the thread's own
  absl::Time failing_since_ = absl::InfiniteFuture();  // the thread's own
  PeriodicTask task_;  // last: starts when everything else is there
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_HEALTH_MONITOR_H_
