// The file of a trained model: its network, the names and the reference of its inputs, its figures. Written by the training program.
#ifndef EGI_SERVER_ANALYTICS_ML_MODEL_FILE_H_
#define EGI_SERVER_ANALYTICS_ML_MODEL_FILE_H_

#include <array>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/analytics/ml/classes.h"
#include "server/analytics/ml/drift.h"
#include "server/analytics/ml/network.h"

namespace egi::analytics::ml {

inline constexpr size_t kLargestModelFile = 300 * 1024;  // bytes

// What a model of a lot needs beside its network.
struct LotScale {
  std::array<double, kGradeClasses> score_of_grade{};  // mean score of the training samples of a grade
  double baseline_score = 0;                            // mean score of all
  // 5 and 95 % quantiles of (observed - expected mean score) over the calibration lots: while feeding, and after the last meal.
  std::array<double, 2> error_low{}, error_high{};
};

struct ModelFile {
  std::string name;       // one of the names of classes.h
  std::string version;    // 1 to 40 characters
  std::string type;       // CNN or MLP
  std::string framework;
  std::string trained_at;  // RFC 3339, UTC
  std::string limits;
  double accuracy = 0, precision = 0, recall = 0, f1_score = 0;  // 0..1, on lots never seen
  std::string hyperparameters_json, importance_json, metrics_json;  // JSON objects
  std::vector<std::string> inputs;    // names of the figures
  std::vector<Reference> references;  // one an input
  Network network;
  LotScale lot;                       // of quality_prediction only
};

// Errors: INVALID_ARGUMENT saying what is wrong: no JSON, a missing part, a network that does not fit together or the model of its name.
absl::StatusOr<ModelFile> ParseModelFile(const std::string& content);

// The file of a model, which parses to the same model. Weights keep seven digits.
std::string FormatModelFile(const ModelFile& model);

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_MODEL_FILE_H_
