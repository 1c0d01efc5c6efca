#include "server/app/station_care.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace egi::app {
namespace {

constexpr std::chrono::seconds kDeliveryInterval{1};
constexpr std::chrono::seconds kWatchInterval{2};
constexpr std::chrono::seconds kRoundInterval{1};

ingest::CommandDispatcher::Options DispatchFrom(storage::write::CommandStore* commands, const Clock* clock) {
  ingest::CommandDispatcher::Options options;
  options.clock = clock;
  options.open = [commands](const std::vector<std::string>& device_ids) { return commands->Open(device_ids); };
  // sent_at is for people only; a station that does not answer gets the command again whatever it says.
  options.sent = [commands](const std::vector<int32_t>& command_ids, absl::Time now) { (void)commands->MarkSent(command_ids, now); };
  return options;
}

}  // namespace

StationCare::StationCare(Options options)
    : options_(std::move(options)),
      devices_(storage::write::NewPostgresDeviceStore(*options_.pool)),
      watch_(storage::write::NewPostgresDeviceWatch(*options_.pool)),
      commands_(storage::write::NewPostgresCommandStore(*options_.pool)),
      gauge_(storage::write::NewPostgresGaugeStore(*options_.pool, options_.rules)),
      firmware_(storage::write::NewPostgresFirmwareStore(*options_.pool)),
      dispatcher_(DispatchFrom(commands_.get(), options_.clock)),
      gauge_options_{options_.rules, [this] { (void)RefreshGate(); }} {}  // a failure is made good within a second

absl::Status StationCare::RefreshGate() {
  MutexLock lock(&refreshing_);
  auto refused = gauge_->Refresh(options_.clock->Now());
  if (!refused.ok()) return refused.status();
  grading_.Set(*std::move(refused));
  return absl::OkStatus();
}

void StationCare::HeartbeatSeen(const quality::v1::DeviceHeartbeat& heartbeat, absl::Time received) {
  options_.on_heartbeat(heartbeat, received);
  // A sign of life that does not fit is replaced by the next one.
  (void)options_.workers->Post([this, heartbeat, received] {
    const auto recorded = devices_->RecordHeartbeat(heartbeat, received);
    if (recorded.ok()) CountSteps(recorded->steps);
  });
}

void StationCare::CommandAnswered(const quality::v1::CommandResult& result, absl::Time received) {
  // An answer that does not fit is asked for again: the command stays open.
  (void)options_.workers->Post([this, result, received] {
    const auto recorded = api::TakeAnswer({*gauge_, *commands_, *options_.profiles, gauge_options_, received}, result);
    if (!recorded.ok()) options_.log->Warning("the answer to a command was not recorded", {{"status", recorded.status().ToString()}});
  });
}

void StationCare::HeartbeatRecorded(const quality::v1::DeviceHeartbeat& heartbeat, const storage::write::CounterSteps& steps,
                                    absl::Time received) {
  options_.on_heartbeat(heartbeat, received);
  CountSteps(steps);
}

void StationCare::CountSteps(const storage::write::CounterSteps& steps) {
  options_.metrics->CountDeviceSteps("nack", steps.nacks);
  options_.metrics->CountDeviceSteps("acquisition_failure", steps.acquisition_failures);
  options_.metrics->CountDeviceSteps("measurement_dropped", steps.measurements_dropped);
  options_.metrics->CountDeviceSteps("boot", steps.boots);
}

absl::Status StationCare::Round() {
  if (absl::Status failed = RefreshGate(); !failed.ok()) return failed;
  return firmware_->AdvanceRollouts(options_.clock->Now());
}

void StationCare::Watch(absl::Time since) {
  const absl::Time now = options_.clock->Now();
  const auto counts = watch_->Look(now, now - since, options_.silent_after);
  if (!counts.ok()) return;  // the health monitor tells that the database does not answer; the next look catches up
  options_.metrics->SetDevices("online", counts->online);
  options_.metrics->SetDevices("offline", counts->offline);
  options_.metrics->SetDevices("pending", counts->pending);
  options_.metrics->SetDevices("silent", counts->silent);
  options_.metrics->SetDevices("refusing_to_grade", counts->refusing);
  options_.metrics->SetDeviceBacklog(counts->buffered, counts->open_commands);
}

void StationCare::Start() {
  delivery_ = std::make_unique<PeriodicTask>([this]() -> std::chrono::nanoseconds {
    (void)dispatcher_.Deliver();  // the health monitor tells that the database does not answer; the next round tries again
    return kDeliveryInterval;
  });
  watching_ = std::make_unique<PeriodicTask>([this, since = options_.clock->Now()]() -> std::chrono::nanoseconds {
    Watch(since);
    return kWatchInterval;
  });
  rounds_ = std::make_unique<PeriodicTask>([this, well = true]() mutable -> std::chrono::nanoseconds {
    const absl::Status status = Round();
    if (!status.ok() && well) {
      options_.log->Warning("calibrations and rollouts cannot be looked after; tried again every second",
                            {{"cause", std::string(status.message())}});
    }
    well = status.ok();
    return kRoundInterval;
  });
}

void StationCare::Stop() {
  rounds_.reset();
  watching_.reset();
  delivery_.reset();
}

}  // namespace egi::app
