#include "simulators/training/card.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"
#include "server/analytics/ml/classes.h"

namespace egi::training {
namespace {

using analytics::ml::kGrades;
using analytics::ml::ModelFile;
using nlohmann::json;

// `{"a": {"precision": ...}}` as a table; grades in their order, other classes by name.
std::string Classes(const json& classes) {
  std::string text = "| class | precision | recall | F1 | cases |\n|---|---|---|---|---|\n";
  const auto row = [&](const std::string& name) {
    const json& c = classes[name];
    absl::StrAppendFormat(&text, "| %s | %.3f | %.3f | %.3f | %d |\n", name, c["precision"].get<double>(), c["recall"].get<double>(),
                          c["f1"].get<double>(), c["support"].get<int64_t>());
  };
  if (classes.contains("A+")) {
    for (const char* grade : kGrades) row(grade);
  } else {
    for (const auto& [name, figures] : classes.items()) row(name);
  }
  return text;
}

std::string ConfusionTable(const json& cells) {
  std::string text = "| truth \\ answer | A+ | A | B | C | REJECT |\n|---|---|---|---|---|---|\n";
  for (size_t i = 0; i < 5; ++i) {
    absl::StrAppend(&text, "| ", kGrades[i]);
    for (const json& cell : cells[i]) absl::StrAppend(&text, " | ", cell.get<int64_t>());
    absl::StrAppend(&text, " |\n");
  }
  return text;
}

std::string GradeSection(const json& m) {
  std::string text = absl::StrFormat(
      "| against the hidden truth | model | rule |\n|---|---|---|\n| accuracy | %.3f | %.3f |\n| within one grade | %.3f | %.3f |\n| macro F1 | %.3f | "
      "%.3f |\n| expected calibration error | %.3f | - |\n\n",
      m["model"]["accuracy"].get<double>(), m["rule"]["accuracy"].get<double>(), m["model"]["within_one_grade"].get<double>(),
      m["rule"]["within_one_grade"].get<double>(), m["model"]["macro_f1"].get<double>(), m["rule"]["macro_f1"].get<double>(),
      m["calibration_error"].get<double>());
  for (const char* who : {"model", "rule"}) {
    absl::StrAppend(&text, "### The ", who, "\n\n", Classes(m[who]["classes"]), "\n", ConfusionTable(m[who]["confusion"]), "\n");
  }
  absl::StrAppend(&text,
                  "The truth is the grade that the rules, with their default figures, give to the true values of the hidden liver: its volume against the "
                  "one its profile expects, its roughness, its reflectance, the true height or drop of each defect, its tissue without noise. The rule is the "
                  "same rules on what the sensors see of it.\n");
  return text;
}

std::string DefectSection(const json& m) {
  return absl::StrCat("Zones of the test livers (64 a liver). A zone carries a defect when the mean change over it reaches a severity of 0.3.\n\n",
                      "### The model\n\n", Classes(m["model"]), "\n### The rules\n\n", Classes(m["rule"]), "\n");
}

std::string LotSection(const json& m) {
  std::string text = "| | finished lots | running lots |\n|---|---|---|\n";
  const json& f = m["finished_lots"];
  const json& r = m["running_lots"];
  for (const auto& [key, label] : std::initializer_list<std::pair<const char*, const char*>>{
           {"score_mae", "mean absolute error of the mean score"},
           {"score_mae_baseline", "the same when the answer is always the overall mean"},
           {"score_r2", "share of the variance explained"},
           {"interval_90_coverage", "coverage of the 90 % interval"},
           {"grade_brier", "Brier score of the grades"},
           {"grade_brier_baseline", "the same when the answer is always the overall distribution"},
           {"grade_log_loss", "log loss of the grades"},
           {"grade_log_loss_baseline", "the same of the overall distribution"}}) {
    absl::StrAppendFormat(&text, "| %s | %.4f | %.4f |\n", label, f[key].get<double>(), r[key].get<double>());
  }
  const auto verdict = [](const json& part) { return part["beats_baseline"].get<bool>() ? "beats" : "does not beat"; };
  absl::StrAppendFormat(&text,
                        "\nIt %s its baseline on finished lots and %s it on running ones. Grade of single samples of finished lots: accuracy %.3f, "
                        "expected calibration error %.3f.\n",
                        verdict(f), verdict(r), m["samples_of_finished_lots"]["accuracy"].get<double>(),
                        m["samples_of_finished_lots"]["calibration_error"].get<double>());
  return text;
}

}  // namespace

std::string CardOf(const ModelFile& model, const std::string& sha256) {
  const json metrics = json::parse(model.metrics_json);
  std::string text = absl::StrCat("# ", model.name, " ", model.version, "\n\nWritten by `//simulators/training:train-models`; do not edit.\n\n");
  absl::StrAppend(&text, "- type: ", model.type, ", ", model.framework, "\n- trained: ", model.trained_at, "\n- SHA-256: `", sha256, "`\n\n## Limits\n\n",
                  model.limits, "\n\n## Data\n\n");
  absl::StrAppend(&text,
                  model.name == analytics::ml::kLotModel
                      ? "Lots of the feeding simulator, half of them with slower growth and more deaths than it has, inspected by the twin under the profile that the lot monitor chooses"
                      : "Livers of the twin under all built-in profiles",
                  ", split by lot: no lot of the test was seen in training.\n\n");
  const json parameters = json::parse(model.hyperparameters_json);
  for (const auto& [key, value] : parameters.items()) {
    absl::StrAppend(&text, "- ", key, ": ", value.is_string() ? value.get<std::string>() : value.dump(), "\n");
  }
  absl::StrAppend(&text, "\n## Figures on lots never seen\n\n");
  absl::StrAppend(&text, model.name == analytics::ml::kGradeModel    ? GradeSection(metrics)
                         : model.name == analytics::ml::kDefectModel ? DefectSection(metrics)
                                                                     : LotSection(metrics));
  const json importance = json::parse(model.importance_json);
  if (!importance.empty()) {
    absl::StrAppend(&text, "\n## Inputs\n\nLoss of accuracy when an input takes the values of other samples.\n\n| input | loss |\n|---|---|\n");
    for (const auto& [input, loss] : importance.items()) absl::StrAppendFormat(&text, "| %s | %.4f |\n", input, loss.get<double>());
  }
  return text;
}

}  // namespace egi::training
