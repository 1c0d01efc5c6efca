// egictl models: the learned models and what they say of a sample.
#ifndef EGI_CLIENTS_CLI_MODELS_H_
#define EGI_CLIENTS_CLI_MODELS_H_

#include <cstdint>
#include <string>

#include "clients/cli/session.h"

namespace egi::cli {

// Registered versions; the one in use is marked.
int RunListModels(const Session& session);

struct ActivateModelOptions {
  int32_t model_id = 0;
  // Who activates.
  std::string by;
};

// Makes a version the one in use.
int RunActivateModel(const Session& session, const ActivateModelOptions& options);

struct PredictOptions {
  std::string sample_id;
  // To tell apart equal ids of two devices; may be empty.
  std::string device_id;
};

// What the active models say of a stored sample, beside the official grade.
int RunPredict(const Session& session, const PredictOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_MODELS_H_
