// Simulated lots from the first meal to the graded livers: what the forecast of a lot's quality is trained on.
#ifndef EGI_SIMULATORS_TRAINING_LOTS_H_
#define EGI_SIMULATORS_TRAINING_LOTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/analytics/ml/lot_inputs.h"

namespace egi::training {

// A lot fed by the feeding simulator, inspected under the profile that the lot monitor chooses. Half of the lots grow worse than the simulator has
// them (0.55 to 1.05 times) and lose up to 8 % more birds, so that light lots and high losses are known too.
struct LotExample {
  analytics::ml::LotHistory history;  // to the last meal
  std::vector<int> grades;            // official grade of each sample, index of kGrades
  std::vector<double> scores;         // official score of each
  double mean_score = 0;
};

// Lots `first` .. `first + count - 1` of the seed with `samples` livers each. The same arguments give the same lots.
absl::StatusOr<std::vector<LotExample>> MakeLots(uint64_t seed, int first, int count, int samples);

// The lot as it was known after `meals` meals.
analytics::ml::LotHistory After(const analytics::ml::LotHistory& whole, size_t meals);

}  // namespace egi::training

#endif  // EGI_SIMULATORS_TRAINING_LOTS_H_
