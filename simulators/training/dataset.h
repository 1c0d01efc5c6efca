// Samples of the twin with their hidden truth and what the rules say of them.
#ifndef EGI_SIMULATORS_TRAINING_DATASET_H_
#define EGI_SIMULATORS_TRAINING_DATASET_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/analytics/ml/inputs.h"
#include "simulators/training/truth.h"

namespace egi::training {

struct Example {
  analytics::ml::SampleInputs inputs;
  Truth truth;
  int rule_grade = 0;        // index of kGrades, from the analysis of the same frame and reading
  double rule_score = 0;
  DefectMasks rule_defects{};  // zones the rule-based analysis marks
};

// Which lots to draw. Lots are numbered; sets of different numbers have no lot in common.
struct Choice {
  uint64_t seed = 1;
  int first_lot = 0;
  int lots = 10;       // of each profile
  int samples = 25;    // of each lot
  bool rules = true;   // also what the rules say: costs a second analysis of each frame
};

// Examples of every built-in profile, lot by lot. The same choice gives the same examples.
absl::StatusOr<std::vector<Example>> MakeExamples(const Choice& choice);

}  // namespace egi::training

#endif  // EGI_SIMULATORS_TRAINING_DATASET_H_
