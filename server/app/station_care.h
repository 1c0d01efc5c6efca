// What must be looked after for the stations although nobody calls: calibrations end, rollouts go on.
#ifndef EGI_SERVER_APP_STATION_CARE_H_
#define EGI_SERVER_APP_STATION_CARE_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/periodic_task.h"
#include "server/gauge/gate.h"
#include "server/storage/write/firmware_store.h"
#include "server/storage/write/gauge_store.h"
#include "server/telemetry/log.h"

namespace egi::app {

// Thread-safe.
class StationCare {
 public:
  // All outlive it.
  StationCare(storage::write::GaugeStore* gauge, storage::write::FirmwareStore* firmware, gauge::GradingGate* gate, const Clock* clock,
              const telemetry::Log* log)
      : gauge_(gauge), firmware_(firmware), gate_(gate), clock_(clock), log_(log) {}

  // Reads which devices must not grade into the gate. One call at a time does so, so that an older answer never replaces a newer one. Errors: UNAVAILABLE.
  absl::Status RefreshGate();

  // Refreshes the gate and advances the rollouts now and every second, until stopped.
  void Start();
  void Stop() { task_.reset(); }

 private:
  absl::Status Round();

  storage::write::GaugeStore* const gauge_;
  storage::write::FirmwareStore* const firmware_;
  gauge::GradingGate* const gate_;
  const Clock* const clock_;
  const telemetry::Log* const log_;
  Mutex refreshing_;
  std::unique_ptr<PeriodicTask> task_;  // last: stops before anything else goes
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_STATION_CARE_H_
