// Which stations must not grade now, held in memory for the hot path.
#ifndef EGI_SERVER_GAUGE_GATE_H_
#define EGI_SERVER_GAUGE_GATE_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/mutex.h"

namespace egi::gauge {

// What is known of an enrolled device.
struct Enrolled {
  std::string reason;  // why it may not grade; empty when it may
  int calibration_id = 0;
  absl::Time valid_from;
  absl::Time valid_until;
};
using EnrolledDevices = std::map<std::string, Enrolled>;

// Thread-safe. A look costs a short lock and a search among the enrolled devices.
class GradingGate {
 public:
  // Replaces what is known.
  void Set(EnrolledDevices devices);

  // The devices known at this moment; look them up without a lock.
  std::shared_ptr<const EnrolledDevices> View() const;

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const EnrolledDevices> devices_ ABSL_GUARDED_BY(mutex_) = std::make_shared<const EnrolledDevices>();
};

// OK, or FAILED_PRECONDITION with the reason OUT_OF_CALIBRATION. A device that is not enrolled is OK.
absl::Status CheckMayGrade(const EnrolledDevices& devices, const std::string& device_id, absl::Time now);

}  // namespace egi::gauge

#endif  // EGI_SERVER_GAUGE_GATE_H_
