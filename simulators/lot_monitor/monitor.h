// Takes finished lots out of the inspection queue, has each inspected, and reports the outcome (simulators.md section 9).
#ifndef EGI_SIMULATORS_LOT_MONITOR_MONITOR_H_
#define EGI_SIMULATORS_LOT_MONITOR_MONITOR_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/inspection.grpc.pb.h"
#include "simulators/lot_monitor/sampling.h"

namespace egi::lot_monitor {

struct MonitorOptions {
  std::string owner;           // who holds the leases, unique per process
  Sampling sampling = {};
  int lease_seconds = 60;      // 5..3600
  absl::Duration renew_every = absl::ZeroDuration();  // while a lot is inspected; zero = a third of the lease
  std::function<bool()> stopping = nullptr;           // asked before each lot; true = take no other lot
};

// Inspects one lot: measures `samples` livers with `profile`, hands them to the server and returns how many are acknowledged and stored. Doing it again for the
// same lot must give the same samples, so that an inspection repeated after a crash stores nothing twice.
using Inspect = std::function<absl::StatusOr<int>(const quality::v1::PendingLot& lot, const std::string& profile, int samples)>;

// One inspector. Several may run at once, here and on other machines: the server's lease makes sure that each lot has one. Not thread-safe.
class Monitor {
 public:
  Monitor(MonitorOptions options, std::shared_ptr<quality::v1::InspectionService::StubInterface> queue, Inspect inspect);

  // Inspects the lots that can be claimed now, at most 10 and none once it is told to stop, oldest slaughter first, and returns how many were completed; 0 = look again later. A lot whose
  // inspection fails is given back with the reason (the server lets it wait, longer each time, and puts it in error after three failures); a lot somebody else
  // was faster with is passed over; the inspection of a lot whose lease is lost counts for nobody here. Errors: those of the server's list.
  absl::StatusOr<int> RunOnce();

 private:
  // True when the lot was claimed, inspected and completed.
  bool InspectLot(const std::string& code_lot);
  absl::StatusOr<quality::v1::ClaimLotResponse> Claim(const std::string& code_lot);
  // Tells the server; true when the lot is completed.
  bool Report(const quality::v1::ClaimLotResponse& claimed, const absl::StatusOr<int>& stored, int samples);

  const MonitorOptions options_;
  const std::shared_ptr<quality::v1::InspectionService::StubInterface> queue_;
  const Inspect inspect_;
};

}  // namespace egi::lot_monitor

#endif  // EGI_SIMULATORS_LOT_MONITOR_MONITOR_H_
