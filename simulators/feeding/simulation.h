// Several lots fed on an accelerated clock. Which message is due when is decided here, and nothing else: run.h waits, sends and keeps the state, and is what
// programs use.
#ifndef EGI_SIMULATORS_FEEDING_SIMULATION_H_
#define EGI_SIMULATORS_FEEDING_SIMULATION_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "simulators/feeding/incident.h"
#include "simulators/feeding/lot.h"

namespace egi::feeding_simulator {

struct SimulationOptions {
  int lots = 3;                      // running at once, 1..500
  double acceleration = 1440;        // simulated seconds per second, 1..86400
  uint64_t seed = 1;
  CurveMode curve = CurveMode::kStrain;
  bool continuous = false;           // a finished lot is replaced by a new one
  std::optional<absl::Time> start = std::nullopt;   // first day of the first lots; default: so that no meal lies in the future
  std::vector<Incident> incidents = {};             // that befall every lot they concern, also later ones
  bool keep_finished = false;        // finished lots stay readable (Finished)

  // OK, or INVALID_ARGUMENT naming every bad option.
  absl::Status Validate() const;
};

// Gives a lot its code. `index` counts the lots of the simulation; the same index must always answer the same code.
using CodeSource = std::function<absl::StatusOr<std::string>(int index, const LotPlan& plan)>;

// A running lot, for people.
struct LotStatus {
  std::string code;
  LotPlan plan;
  int meals_given = 0;
  int birds_alive = 0;
  double mean_weight_g = 0;
  std::vector<std::string> incidents;  // names of those that touched its newest meal
  int held = 0;                        // messages that wait for power or come out of order
};

// A finished lot with all that happened to it; missed meals are told by empty deliveries.
struct FinishedLot {
  int number = 0;  // in the simulation, from 1
  std::string code;
  LotPlan plan;
  std::vector<LotIncident> incidents;
  std::vector<Serving> servings;
};

// The running lots. Seed, codes, times of the starts and incidents decide every message. Not thread-safe.
class Simulation {
 public:
  // Starts the lots at wall-clock time `now`. Errors: INVALID_ARGUMENT, those of the code source.
  static absl::StatusOr<std::unique_ptr<Simulation>> Create(SimulationOptions options, CodeSource codes, absl::Time now);

  // Continues from what Save() returned. Lots of the state keep the incidents they had; the others of the options hold for lots to come. INVALID_ARGUMENT
  // when `state` is not readable or was saved under another seed or curve.
  static absl::StatusOr<std::unique_ptr<Simulation>> Restore(SimulationOptions options, CodeSource codes, const std::string& state, absl::Time now);

  // The state as JSON: lots, their starts, their incidents and how many messages each has had.
  std::string Save() const;

  // Wall-clock time at which something is next due; nullopt when every lot has finished. No message is due before its own simulated time.
  std::optional<absl::Time> NextDue() const;

  // What is next due, in order: announcements and meals; empty when that is a meal nobody hears of. A lot that has finished is replaced when the simulation
  // is continuous, at wall-clock time `now`. Must not be called when NextDue() is nullopt. Errors: those of the code source; the new lot is then tried again a
  // second later, and the other lots go on.
  absl::StatusOr<std::vector<feeding::v1::Meal>> Step(absl::Time now);

  // Simulated time goes on at another pace from now on. INVALID_ARGUMENT outside 1..86400.
  absl::Status SetAcceleration(double acceleration, absl::Time now);
  double acceleration() const { return options_.acceleration; }

  // Running lots suffer this from their next meal on, or from `from_meal` where that is still to come; returns how many do. Errors: INVALID_ARGUMENT,
  // NOT_FOUND (no running lot is concerned), FAILED_PRECONDITION (for all of them the meal is past).
  absl::StatusOr<int> Inject(const Incident& incident);

  std::vector<LotStatus> Lots() const;
  int finished_lots() const { return finished_; }
  // Options.keep_finished, in the order they finished.
  const std::vector<FinishedLot>& Finished() const { return kept_; }

 private:
  struct Delivery {
    absl::Time time;  // simulated
    feeding::v1::Meal meal;
  };
  struct Running {
    int index = 0;
    absl::Time wall;          // at this wall-clock time ...
    absl::Time simulated;     // ... it was this simulated time
    int generated = 0;        // 1 = announced, 1 + n = announced and n meals given
    int delivered = 0;        // messages of meals handed out
    std::unique_ptr<SimulatedLot> lot;  // null = a new lot is to be opened at `wall`
    std::deque<Delivery> waiting;       // in the order they are due
    std::vector<Serving> servings;      // Options.keep_finished
  };

  Simulation(SimulationOptions options, CodeSource codes) : options_(std::move(options)), codes_(std::move(codes)) {}
  absl::StatusOr<Running> Open(int index, absl::Time now) const;
  Running Build(int index, const std::string& code, absl::Time wall_start, std::optional<absl::Time> first_day) const;
  absl::Time WallTime(const Running& running, absl::Time simulated) const;
  absl::Time GenerationDue(const Running& running) const;
  absl::Time DueOf(const Running& running) const;
  void Generate(Running* running) const;
  void Keep(Running* running);
  void Retire(std::vector<Running>::iterator running, absl::Time now);

  SimulationOptions options_;
  const CodeSource codes_;
  std::vector<Running> running_;
  std::vector<FinishedLot> kept_;
  int next_index_ = 0;
  int finished_ = 0;
};

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_SIMULATION_H_
