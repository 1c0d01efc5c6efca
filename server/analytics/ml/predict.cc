#include "server/analytics/ml/predict.h"

#include <algorithm>

namespace egi::analytics::ml {

GradeShares PredictGrade(const ModelFile& model, const SampleInputs& inputs) {
  const std::vector<double> shares = Softmax(model.network.Run(inputs.image.data(), inputs.figures.data()));
  GradeShares prediction;
  std::copy(shares.begin(), shares.end(), prediction.shares.begin());
  prediction.best = static_cast<int>(std::max_element(shares.begin(), shares.end()) - shares.begin());
  return prediction;
}

std::array<analyse::ZoneMap, kDefectClasses> PredictDefects(const ModelFile& model, const SampleInputs& inputs) {
  const std::vector<float> outputs = model.network.Run(inputs.image.data(), nullptr);
  std::array<analyse::ZoneMap, kDefectClasses> maps{};
  for (size_t kind = 0; kind < maps.size(); ++kind) {
    for (size_t zone = 0; zone < maps[kind].size(); ++zone) maps[kind][zone] = Sigmoid(outputs[kind * maps[kind].size() + zone]);
  }
  return maps;
}

LotForecast ForecastLot(const ModelFile& model, const LotHistory& lot) {
  const auto figures = LotFiguresOf(lot);
  const std::vector<double> shares = Softmax(model.network.Run(nullptr, figures.data()));
  LotForecast forecast;
  for (size_t grade = 0; grade < shares.size(); ++grade) {
    forecast.shares[grade] = shares[grade];
    forecast.expected_score += shares[grade] * model.lot.score_of_grade[grade];
  }
  const size_t moment = lot.finished ? 1 : 0;
  forecast.lower_90 = std::clamp(forecast.expected_score + model.lot.error_low[moment], 0.0, 1.0);
  forecast.upper_90 = std::clamp(forecast.expected_score + model.lot.error_high[moment], 0.0, 1.0);
  return forecast;
}

std::vector<InputDrift> DriftOf(const ModelFile& model, const std::vector<std::vector<double>>& values) {
  std::vector<InputDrift> drifts;
  for (size_t i = 0; i < model.references.size() && i < values.size(); ++i) {
    std::vector<double> observed = SharesOf(model.references[i], values[i]);
    const double index = StabilityIndex(model.references[i].expected, observed);
    drifts.push_back({i, index, std::move(observed)});
  }
  std::stable_sort(drifts.begin(), drifts.end(), [](const InputDrift& a, const InputDrift& b) { return a.index > b.index; });
  return drifts;
}

}  // namespace egi::analytics::ml
