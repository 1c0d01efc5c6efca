// Model cards: what a model was trained on, what it reached, what it must not be used for (Mitchell et al. 2019).
#ifndef EGI_SIMULATORS_TRAINING_CARD_H_
#define EGI_SIMULATORS_TRAINING_CARD_H_

#include <string>

#include "server/analytics/ml/model_file.h"

namespace egi::training {

// The card in Markdown; `sha256` of the model file.
std::string CardOf(const analytics::ml::ModelFile& model, const std::string& sha256);

}  // namespace egi::training

#endif  // EGI_SIMULATORS_TRAINING_CARD_H_
