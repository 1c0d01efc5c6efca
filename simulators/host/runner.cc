#include "simulators/host/runner.h"

namespace egi::simulator_host {

absl::Status Runner::SetAcceleration(double) { return absl::FailedPreconditionError("only a feeding simulator has an acceleration"); }

absl::Status Runner::Inject(const feeding_simulator::Incident&) { return absl::FailedPreconditionError("only a feeding simulator suffers incidents"); }

}  // namespace egi::simulator_host
