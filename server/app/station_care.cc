#include "server/app/station_care.h"

#include <chrono>
#include <string>
#include <utility>

namespace egi::app {

absl::Status StationCare::RefreshGate() {
  MutexLock lock(&refreshing_);
  auto devices = gauge_->Refresh(clock_->Now());
  if (!devices.ok()) return devices.status();
  gate_->Set(*std::move(devices));
  return absl::OkStatus();
}

absl::Status StationCare::Round() {
  if (absl::Status failed = RefreshGate(); !failed.ok()) return failed;
  return firmware_->AdvanceRollouts(clock_->Now());
}

void StationCare::Start() {
  task_ = std::make_unique<PeriodicTask>([this, well = true]() mutable -> std::chrono::nanoseconds {
    const absl::Status status = Round();
    if (!status.ok() && well) {
      log_->Warning("calibrations and rollouts cannot be looked after; tried again every second", {{"cause", std::string(status.message())}});
    }
    well = status.ok();
    return std::chrono::seconds(1);
  });
}

}  // namespace egi::app
