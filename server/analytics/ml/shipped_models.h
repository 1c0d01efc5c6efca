// The models this program ships with.
#ifndef EGI_SERVER_ANALYTICS_ML_SHIPPED_MODELS_H_
#define EGI_SERVER_ANALYTICS_ML_SHIPPED_MODELS_H_

#include <string>
#include <vector>

namespace egi::analytics::ml {

// A file of server/analytics/ml/models.
struct ShippedModel {
  std::string file;     // its name
  std::string content;  // for ParseModelFile
};

// One of each name.
std::vector<ShippedModel> ShippedModels();

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_SHIPPED_MODELS_H_
