// What the models say of a sample or a lot.
#ifndef EGI_SERVER_ANALYTICS_ML_PREDICT_H_
#define EGI_SERVER_ANALYTICS_ML_PREDICT_H_

#include <array>
#include <vector>

#include "server/analyse/dome.h"
#include "server/analytics/ml/classes.h"
#include "server/analytics/ml/inputs.h"
#include "server/analytics/ml/lot_inputs.h"
#include "server/analytics/ml/model_file.h"

namespace egi::analytics::ml {

struct GradeShares {
  std::array<double, kGradeClasses> shares{};  // add up to 1
  int best = 0;                                // index of the greatest
};

// `model` is a cnn_quality_model.
GradeShares PredictGrade(const ModelFile& model, const SampleInputs& inputs);

// Probability of each class of defects in each zone. `model` is a defect_detection.
std::array<analyse::ZoneMap, kDefectClasses> PredictDefects(const ModelFile& model, const SampleInputs& inputs);

struct LotForecast {
  std::array<double, kGradeClasses> shares{};  // of the grades, add up to 1
  double expected_score = 0;                   // 0..1
  double lower_90 = 0, upper_90 = 0;           // 0..1
};

// `model` is a quality_prediction; the lot has kMealsNeeded weighed meals.
LotForecast ForecastLot(const ModelFile& model, const LotHistory& lot);

// Drift of one input.
struct InputDrift {
  size_t input = 0;             // its place in the model
  double index = 0;
  std::vector<double> observed;  // shares of the classes
};

// `values[i]` are those of input i in a period, at least one each. Greatest index first.
std::vector<InputDrift> DriftOf(const ModelFile& model, const std::vector<std::vector<double>>& values);

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_PREDICT_H_
