// What the server does for the stations besides taking in their samples: commands, presence, permission to grade, updates.
#ifndef EGI_SERVER_APP_STATION_CARE_H_
#define EGI_SERVER_APP_STATION_CARE_H_

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "egi/quality/v1/device.pb.h"
#include "server/analyse/profile_book.h"
#include "server/api/quality/gauge_desk.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/periodic_task.h"
#include "server/base/worker_pool.h"
#include "server/gauge/gate.h"
#include "server/gauge/rules.h"
#include "server/ingest/command_dispatcher.h"
#include "server/storage/postgres/pool.h"
#include "server/storage/write/command_store.h"
#include "server/storage/write/device_store.h"
#include "server/storage/write/device_watch.h"
#include "server/storage/write/firmware_store.h"
#include "server/storage/write/gauge_store.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace egi::app {

// Thread-safe, but for Start and Stop.
class StationCare {
 public:
  // All but the values must outlive it.
  struct Options {
    storage::Pool* pool = nullptr;
    WorkerPool* workers = nullptr;  // for what streams learn and must not wait for
    const Clock* clock = nullptr;
    telemetry::Metrics* metrics = nullptr;
    const telemetry::Log* log = nullptr;
    const analyse::AnalysisBook* profiles = nullptr;
    gauge::GaugeRules rules;
    absl::Duration silent_after;  // the alarm of a silent station
    // Learns of every sign of life. Never blocks.
    std::function<void(const quality::v1::DeviceHeartbeat& heartbeat, absl::Time received)> on_heartbeat;
  };
  explicit StationCare(Options options);

  ingest::CommandDispatcher* dispatcher() { return &dispatcher_; }
  // Which stations must not grade.
  const gauge::GradingGate* grading() const { return &grading_; }

  // Reads which stations must not grade. One call at a time does so, so that an older answer never replaces a newer one. Errors:
  // UNAVAILABLE.
  absl::Status RefreshGate();

  // A stream carried a heartbeat, or the answer to a command. Never block.
  void HeartbeatSeen(const quality::v1::DeviceHeartbeat& heartbeat, absl::Time received);
  void CommandAnswered(const quality::v1::CommandResult& result, absl::Time received);
  // A heartbeat came outside a stream and is recorded.
  void HeartbeatRecorded(const quality::v1::DeviceHeartbeat& heartbeat, const storage::write::CounterSteps& steps, absl::Time received);

  // Delivers commands, watches presence, ends calibrations and advances rollouts from now on, until stopped.
  void Start();
  void Stop();

 private:
  // Ends calibrations, advances rollouts.
  absl::Status Round();
  // One look at the registry; `since`: start of this server.
  void Watch(absl::Time since);
  void CountSteps(const storage::write::CounterSteps& steps);

  const Options options_;
  const std::unique_ptr<storage::write::DeviceStore> devices_;
  const std::unique_ptr<storage::write::DeviceWatch> watch_;
  const std::unique_ptr<storage::write::CommandStore> commands_;
  const std::unique_ptr<storage::write::GaugeStore> gauge_;
  const std::unique_ptr<storage::write::FirmwareStore> firmware_;
  ingest::CommandDispatcher dispatcher_;
  const api::GaugeOptions gauge_options_;
  gauge::GradingGate grading_;
  Mutex refreshing_;  // held by the one RefreshGate under way, also while it waits for the database
  // Last: they stop before anything else goes.
  std::unique_ptr<PeriodicTask> delivery_;
  std::unique_ptr<PeriodicTask> watching_;
  std::unique_ptr<PeriodicTask> rounds_;
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_STATION_CARE_H_
