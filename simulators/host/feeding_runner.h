// A feeding simulator in this process.
#ifndef EGI_SIMULATORS_HOST_FEEDING_RUNNER_H_
#define EGI_SIMULATORS_HOST_FEEDING_RUNNER_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "simulators/feeding/run.h"
#include "simulators/host/runner.h"

namespace egi::simulator_host {

class FeedingRunner final : public Runner {
 public:
  struct Options {
    std::string server;       // HOST:PORT
    std::string producer_id;  // one a simulator, the same over restarts
    std::string folder;       // spool and state
  };

  // `clock` outlives it. Errors: those of FeedingRun::Start.
  static absl::StatusOr<std::unique_ptr<FeedingRunner>> Start(const simulation::v1::Simulator& simulator, Options options, const Clock* clock);

  void Stop() override;
  void Describe(simulation::v1::Simulator* simulator) const override;
  absl::Status SetAcceleration(double acceleration) override { return run_->SetAcceleration(acceleration); }
  absl::Status Inject(const feeding_simulator::Incident& incident) override { return run_->Inject(incident).status(); }

 private:
  explicit FeedingRunner(std::unique_ptr<feeding_simulator::FeedingRun> run) : run_(std::move(run)) {}
  const std::unique_ptr<feeding_simulator::FeedingRun> run_;
};

}  // namespace egi::simulator_host

#endif  // EGI_SIMULATORS_HOST_FEEDING_RUNNER_H_
