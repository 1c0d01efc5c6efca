// What lets a simulation continue after a restart: lots are rebuilt from seed, start and incidents, so only these are written.
#ifndef EGI_SIMULATORS_FEEDING_SIMULATION_STATE_H_
#define EGI_SIMULATORS_FEEDING_SIMULATION_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "simulators/feeding/curve.h"
#include "simulators/feeding/incident.h"

namespace egi::feeding_simulator {

enum class LotState {
  kRunning,
  kVacant,    // its successor is to be opened
  kFinished,  // kept for the export
};

struct SavedLot {
  LotState state = LotState::kRunning;
  int index = 0;
  std::string code;
  absl::Time wall;                      // at this wall-clock time ...
  std::optional<absl::Time> simulated;  // ... it was this simulated time; nullopt in states of earlier versions
  std::optional<absl::Time> first_day;  // nullopt in states of earlier versions: follows from `wall`
  int generated = 0;
  int delivered = 0;
  std::vector<LotIncident> incidents;
};

struct SavedSimulation {
  uint64_t seed = 0;
  double acceleration = 0;
  CurveMode curve = CurveMode::kStrain;
  int next_index = 0;
  int finished = 0;
  std::vector<SavedLot> lots;
};

// As JSON.
std::string WriteState(const SavedSimulation& simulation);

// Errors: INVALID_ARGUMENT. States of earlier versions are read too.
absl::StatusOr<SavedSimulation> ReadState(const std::string& json);

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_SIMULATION_STATE_H_
