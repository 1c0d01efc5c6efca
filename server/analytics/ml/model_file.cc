#include "server/analytics/ml/model_file.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "server/analytics/ml/inputs.h"
#include "server/analytics/ml/lot_inputs.h"

namespace egi::analytics::ml {
namespace {

using nlohmann::json;

constexpr char kFormat[] = "egi-model 1";

std::string FormatFloats(const std::vector<float>& values) {
  std::string text;
  for (const float value : values) absl::StrAppendFormat(&text, "%s%.7g", text.empty() ? "" : " ", value);
  return text;
}

std::vector<float> ParseFloats(const std::string& text) {
  std::vector<float> values;
  const char* at = text.c_str();
  while (true) {
    char* end = nullptr;
    const float value = std::strtof(at, &end);
    if (end == at) return values;
    values.push_back(value);
    at = end;
  }
}

json FormatLayers(const std::vector<Layer>& layers) {
  json list = json::array();
  for (const Layer& layer : layers) {
    list.push_back({{"in", layer.in}, {"out", layer.out}, {"size", layer.size}, {"weights", FormatFloats(layer.weights)}, {"bias", FormatFloats(layer.bias)}});
  }
  return list;
}

std::vector<Layer> ParseLayers(const json& list) {
  std::vector<Layer> layers;
  for (const json& entry : list) {
    layers.push_back({entry.at("in").get<int>(), entry.at("out").get<int>(), entry.at("size").get<int>(),
                      ParseFloats(entry.at("weights").get<std::string>()), ParseFloats(entry.at("bias").get<std::string>())});
  }
  return layers;
}

// The shape a model of this name must have, so that what the server feeds it fits.
absl::Status CheckShape(const ModelFile& model) {
  const Network& n = model.network;
  bool fits = false;
  if (model.name == kGradeModel) fits = n.planes == kPlanes && n.figures == kFigures && !n.head.empty() && n.outputs() == kGradeClasses;
  if (model.name == kDefectModel) fits = n.planes == kPlanes && n.figures == 0 && n.head.empty() && n.outputs() == kDefectClasses * analyse::kZones;
  if (model.name == kLotModel) fits = n.planes == 0 && n.figures == kLotFigures && n.outputs() == kGradeClasses;
  if (!fits) {
    return absl::InvalidArgumentError(absl::StrCat("no network for \"", model.name, "\": the models are ", kGradeModel, " (4 planes, ", kFigures,
                                                   " figures, 5 grades), ", kDefectModel, " (4 planes, 4 maps) and ", kLotModel, " (", kLotFigures,
                                                   " figures, 5 grades)"));
  }
  const size_t wanted = model.name == kLotModel ? kLotFigures : kFigures;
  if (model.inputs.size() != wanted || model.references.size() != wanted) {
    return absl::InvalidArgumentError(absl::StrCat("the model needs names and references of ", wanted, " inputs"));
  }
  return absl::OkStatus();
}

absl::Status CheckHead(const ModelFile& model) {
  if (model.version.empty() || model.version.size() > 40) return absl::InvalidArgumentError("version needs 1 to 40 characters");
  if (model.type.empty() || model.type.size() > 50) return absl::InvalidArgumentError("type needs 1 to 50 characters");
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, model.trained_at, &time, &error)) return absl::InvalidArgumentError(absl::StrCat("trained_at: ", error));
  for (const double share : {model.accuracy, model.precision, model.recall, model.f1_score}) {
    if (!(share >= 0 && share <= 1)) return absl::InvalidArgumentError("accuracy, precision, recall and f1_score lie within 0 and 1");
  }
  for (const Reference& reference : model.references) {
    if (reference.expected.size() != reference.bounds.size() + 1) {
      return absl::InvalidArgumentError("a reference needs one share more than bounds");
    }
  }
  return absl::OkStatus();
}

ModelFile FromJson(const json& file) {
  ModelFile model;
  model.name = file.at("name").get<std::string>();
  model.version = file.at("version").get<std::string>();
  model.type = file.at("type").get<std::string>();
  model.framework = file.at("framework").get<std::string>();
  model.trained_at = file.at("trained_at").get<std::string>();
  model.limits = file.at("limits").get<std::string>();
  model.accuracy = file.at("accuracy").get<double>();
  model.precision = file.at("precision").get<double>();
  model.recall = file.at("recall").get<double>();
  model.f1_score = file.at("f1_score").get<double>();
  model.hyperparameters_json = json(file.at("hyperparameters").get<json::object_t>()).dump();
  model.importance_json = json(file.at("feature_importance").get<json::object_t>()).dump();
  model.metrics_json = json(file.at("metrics").get<json::object_t>()).dump();
  for (const json& input : file.at("inputs")) {
    model.inputs.push_back(input.at("name").get<std::string>());
    model.references.push_back({input.at("bounds").get<std::vector<double>>(), input.at("expected").get<std::vector<double>>()});
  }
  const json& network = file.at("network");
  model.network.planes = network.at("planes").get<int>();
  model.network.figures = network.at("figures").get<int>();
  model.network.mean = ParseFloats(network.at("mean").get<std::string>());
  model.network.scale = ParseFloats(network.at("scale").get<std::string>());
  model.network.convolutions = ParseLayers(network.at("convolutions"));
  model.network.head = ParseLayers(network.at("head"));
  if (model.name == kLotModel) {
    const json& lot = file.at("lot");
    model.lot.score_of_grade = lot.at("score_of_grade").get<std::array<double, kGradeClasses>>();
    model.lot.baseline_score = lot.at("baseline_score").get<double>();
    model.lot.error_low = lot.at("error_low").get<std::array<double, 2>>();
    model.lot.error_high = lot.at("error_high").get<std::array<double, 2>>();
  }
  return model;
}

// What the JSON library says without the number it puts in front, e.g. "[json.exception.out_of_range.403] ".
std::string WithoutCode(const std::string& text) {
  const size_t end = text.find("] ");
  return text.compare(0, 1, "[") == 0 && end != std::string::npos ? text.substr(end + 2) : text;
}

}  // namespace

absl::StatusOr<ModelFile> ParseModelFile(const std::string& content) {
  if (content.size() > kLargestModelFile) return absl::InvalidArgumentError("a model file has at most 300 KiB");
  ModelFile model;
  try {
    const json file = json::parse(content);
    if (file.at("format").get<std::string>() != kFormat) return absl::InvalidArgumentError(absl::StrCat("format is not \"", kFormat, "\""));
    model = FromJson(file);
  } catch (const json::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("no model file: ", WithoutCode(error.what()), "; send a file as train-models writes it"));
  }
  if (absl::Status bad = CheckHead(model); !bad.ok()) return bad;
  if (absl::Status bad = model.network.Validate(); !bad.ok()) return bad;
  if (absl::Status bad = CheckShape(model); !bad.ok()) return bad;
  return model;
}

std::string FormatModelFile(const ModelFile& model) {
  json inputs = json::array();
  for (size_t i = 0; i < model.inputs.size(); ++i) {
    inputs.push_back({{"name", model.inputs[i]}, {"bounds", model.references[i].bounds}, {"expected", model.references[i].expected}});
  }
  json file = {{"format", kFormat},
               {"name", model.name},
               {"version", model.version},
               {"type", model.type},
               {"framework", model.framework},
               {"trained_at", model.trained_at},
               {"limits", model.limits},
               {"accuracy", model.accuracy},
               {"precision", model.precision},
               {"recall", model.recall},
               {"f1_score", model.f1_score},
               {"hyperparameters", json::parse(model.hyperparameters_json)},
               {"feature_importance", json::parse(model.importance_json)},
               {"metrics", json::parse(model.metrics_json)},
               {"inputs", inputs},
               {"network",
                {{"planes", model.network.planes},
                 {"figures", model.network.figures},
                 {"mean", FormatFloats(model.network.mean)},
                 {"scale", FormatFloats(model.network.scale)},
                 {"convolutions", FormatLayers(model.network.convolutions)},
                 {"head", FormatLayers(model.network.head)}}}};
  if (model.name == kLotModel) {
    file["lot"] = {{"score_of_grade", model.lot.score_of_grade},
                   {"baseline_score", model.lot.baseline_score},
                   {"error_low", model.lot.error_low},
                   {"error_high", model.lot.error_high}};
  }
  return file.dump(1) + "\n";
}

}  // namespace egi::analytics::ml
