// Several lots fed on an accelerated clock. Which meal is due when is decided here; waiting and sending are the caller's.
#ifndef EGI_SIMULATORS_FEEDING_SIMULATION_H_
#define EGI_SIMULATORS_FEEDING_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "simulators/feeding/lot.h"

namespace egi::feeding_simulator {

struct SimulationOptions {
  int lots = 3;                      // running at once, 1..500
  double acceleration = 1440;        // simulated seconds per second, 1..86400
  uint64_t seed = 1;
  CurveMode curve = CurveMode::kStrain;
  bool continuous = false;           // a finished lot is replaced by a new one
  std::optional<absl::Time> start = std::nullopt;   // first day of the first lots; default: so that no meal lies in the future

  // OK, or INVALID_ARGUMENT naming every bad option.
  absl::Status Validate() const;
};

// Gives a lot its code. `index` counts the lots of the simulation; the same index must always answer the same code.
using CodeSource = std::function<absl::StatusOr<std::string>(int index, const LotPlan& plan)>;

// The running lots. Deterministic: seed, codes and the times of the starts decide every message. Not thread-safe.
class Simulation {
 public:
  // Starts the lots at wall-clock time `now`.
  static absl::StatusOr<std::unique_ptr<Simulation>> Create(SimulationOptions options, CodeSource codes, absl::Time now);

  // Continues from what Save() returned, under the same options. INVALID_ARGUMENT when `state` is not readable or was saved
  // under another seed, curve or acceleration.
  static absl::StatusOr<std::unique_ptr<Simulation>> Restore(SimulationOptions options, CodeSource codes, const std::string& state);

  // The state as JSON: lots, their starts and how many meals each has had.
  std::string Save() const;

  // Wall-clock time at which the next message is due; nullopt when every lot has finished.
  std::optional<absl::Time> NextDue() const;

  // The next message (an announcement or a meal), in the order it is due. A finished lot is replaced when the simulation is
  // continuous, at wall-clock time `now`. Must not be called when NextDue() is nullopt. Errors: those of the code source; nothing has changed then.
  absl::StatusOr<feeding::v1::Meal> Step(absl::Time now);

  int finished_lots() const { return next_index_ - static_cast<int>(running_.size()); }

 private:
  struct Running {
    int index = 0;
    absl::Time wall_start;
    absl::Time simulated_start;
    int messages = 0;  // 1 = announced, 1 + n = announced and n meals given
    std::unique_ptr<SimulatedLot> lot;
  };

  Simulation(SimulationOptions options, CodeSource codes) : options_(options), codes_(std::move(codes)) {}
  absl::StatusOr<Running> Open(int index, absl::Time now) const;
  Running Build(int index, const std::string& code, absl::Time wall_start) const;
  absl::Time DueOf(const Running& running) const;

  const SimulationOptions options_;
  const CodeSource codes_;
  std::vector<Running> running_;
  int next_index_ = 0;
};

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_SIMULATION_H_
