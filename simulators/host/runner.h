// One simulator at work, whatever its kind.
#ifndef EGI_SIMULATORS_HOST_RUNNER_H_
#define EGI_SIMULATORS_HOST_RUNNER_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/simulation/v1/control.pb.h"
#include "simulators/feeding/incident.h"

namespace egi::simulator_host {

// Runs from its making to Stop. Thread-safe.
class Runner {
 public:
  virtual ~Runner() = default;

  // Ends in order; returns when it is over, after 20 s at most. What it could not send stays in its spool. Repeating it is harmless.
  virtual void Stop() = 0;

  // Sets state, message, restarts and progress of `simulator`.
  virtual void Describe(simulation::v1::Simulator* simulator) const = 0;

  // Errors: FAILED_PRECONDITION (it has no simulated time, or has ended), INVALID_ARGUMENT.
  virtual absl::Status SetAcceleration(double acceleration);

  // Errors: as SetAcceleration, NOT_FOUND (no running lot is concerned).
  virtual absl::Status Inject(const feeding_simulator::Incident& incident);
};

// Starts what `simulator` describes. Errors: those of the kind.
using RunnerFactory = std::function<absl::StatusOr<std::unique_ptr<Runner>>(const simulation::v1::Simulator& simulator)>;

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_RUNNER_H_
