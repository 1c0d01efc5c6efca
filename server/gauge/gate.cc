#include "server/gauge/gate.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"
#include "server/gauge/standing.h"

namespace egi::gauge {

void GradingGate::Set(EnrolledDevices devices) {
  auto replacement = std::make_shared<const EnrolledDevices>(std::move(devices));
  MutexLock lock(&mutex_);
  devices_.swap(replacement);
}

std::shared_ptr<const EnrolledDevices> GradingGate::View() const {
  MutexLock lock(&mutex_);
  return devices_;
}

absl::Status CheckMayGrade(const EnrolledDevices& devices, const std::string& device_id, absl::Time now) {
  const auto found = devices.find(device_id);
  if (found == devices.end()) return absl::OkStatus();
  const Enrolled& device = found->second;
  // Time may have passed since the devices were read.
  if (device.reason.empty() && now >= device.valid_from && now < device.valid_until) return absl::OkStatus();
  std::string reason = device.reason;
  if (reason.empty()) {
    quality::v1::Calibration calibration;
    calibration.set_calibration_id(device.calibration_id);
    ToTimestamp(device.valid_from, calibration.mutable_valid_from());
    ToTimestamp(device.valid_until, calibration.mutable_valid_until());
    reason = JudgeValidity(calibration, now).reason;
  }
  const std::string message = absl::StrCat("station ", device_id, " is out of calibration: ", reason);
  return WithErrorInfo(absl::FailedPreconditionError(message), "OUT_OF_CALIBRATION", {{"device_id", device_id}});
}

}  // namespace egi::gauge
