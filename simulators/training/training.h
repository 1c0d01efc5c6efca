// The three models, from the twin to their files.
#ifndef EGI_SIMULATORS_TRAINING_TRAINING_H_
#define EGI_SIMULATORS_TRAINING_TRAINING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/analytics/ml/model_file.h"
#include "simulators/training/dataset.h"
#include "simulators/training/metrics.h"

namespace egi::training {

struct TrainingOptions {
  uint64_t seed = 1;
  std::string version = "1.0.0";
  std::string trained_at;  // RFC 3339, UTC
  int train_lots = 120;     // of each profile
  int test_lots = 20;      // of each profile, never seen in training
  int samples_per_lot = 25;
  int grade_epochs = 20, defect_epochs = 12;
  int lot_train_lots = 400, lot_calibration_lots = 120, lot_test_lots = 150;
  int samples_per_inspection = 12;
  int lot_epochs = 20;
};

// First numbers of the lots of each set: no lot stands in two sets.
inline constexpr int kTrainFirst = 0, kTestFirst = 50000, kCalibrationFirst = 60000, kAccuracyTestFirst = 70000;

// What a model reached on `examples`.
Confusion GradeFigures(const analytics::ml::Network& network, const std::vector<Example>& examples);
// The same of the rule-based grade.
Confusion RuleFigures(const std::vector<Example>& examples);
// Zones of each class of defects, by the model (`network`) or by the rules (null).
std::vector<Tally> DefectFigures(const analytics::ml::Network* network, const std::vector<Example>& examples);

absl::StatusOr<analytics::ml::ModelFile> TrainGrade(const TrainingOptions& options, const std::vector<Example>& train,
                                                    const std::vector<Example>& test);
absl::StatusOr<analytics::ml::ModelFile> TrainDefects(const TrainingOptions& options, const std::vector<Example>& train,
                                                      const std::vector<Example>& test);
absl::StatusOr<analytics::ml::ModelFile> TrainLots(const TrainingOptions& options);

}  // namespace egi::training

#endif  // EGI_SIMULATORS_TRAINING_TRAINING_H_
