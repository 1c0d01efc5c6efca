// Figures of the models on examples; without dlib, so that tests use them.
#include <algorithm>

#include "server/analytics/ml/classes.h"
#include "simulators/training/training.h"

namespace egi::training {

using analytics::ml::kDefectClasses;
using analytics::ml::Network;

Confusion GradeFigures(const Network& network, const std::vector<Example>& examples) {
  Confusion confusion;
  for (const Example& example : examples) {
    const std::vector<float> told = network.Run(example.inputs.image.data(), example.inputs.figures.data());
    confusion.Count(example.truth.grade, static_cast<int>(std::max_element(told.begin(), told.end()) - told.begin()));
  }
  return confusion;
}

Confusion RuleFigures(const std::vector<Example>& examples) {
  Confusion confusion;
  for (const Example& example : examples) confusion.Count(example.truth.grade, example.rule_grade);
  return confusion;
}

std::vector<Tally> DefectFigures(const Network* network, const std::vector<Example>& examples) {
  std::vector<Tally> tallies(kDefectClasses);
  for (const Example& example : examples) {
    const std::vector<float> told = network != nullptr ? network->Run(example.inputs.image.data(), nullptr) : std::vector<float>();
    for (size_t kind = 0; kind < tallies.size(); ++kind) {
      for (size_t zone = 0; zone < analyse::kZones; ++zone) {
        const bool seen = network != nullptr ? analytics::ml::Sigmoid(told[kind * analyse::kZones + zone]) >= analytics::ml::kZoneThreshold
                                             : example.rule_defects[kind][zone];
        tallies[kind].Count(example.truth.defects[kind][zone], seen);
      }
    }
  }
  return tallies;
}

}  // namespace egi::training
