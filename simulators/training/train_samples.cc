// The models of a sample: grade and defects.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "absl/strings/str_cat.h"
#include "server/analytics/ml/classes.h"
#include "simulators/training/nets.h"
#include "simulators/training/training.h"

namespace egi::training {
namespace {

using analytics::ml::kFigures;
using analytics::ml::kImage;
using analytics::ml::ModelFile;
using nlohmann::json;

constexpr char kLimits[] =
    "Trained on the digital twin, not on real livers: it knows the sensors, the defects and the quality levels the twin simulates and nothing "
    "else. Do not grade real livers by it before it was trained and tested on labelled real livers. It never changes the official grade.";

Schedule Course(const TrainingOptions& options, int epochs, const char* what) {
  Schedule schedule;
  schedule.epochs = epochs;
  schedule.seed = static_cast<unsigned>(options.seed);
  schedule.on_epoch = [what, epochs](int epoch, double loss) {
    fprintf(stderr, "%s: epoch %d of %d, loss %.4f\n", what, epoch + 1, epochs, loss);
  };
  return schedule;
}

ModelFile Head(const TrainingOptions& options, const char* name, const json& metrics, const json& parameters, const json& importance) {
  ModelFile model;
  model.name = name;
  model.version = options.version;
  model.type = "CNN";
  model.framework = "dlib 19.24 (training), egi (inference)";
  model.trained_at = options.trained_at;
  model.limits = kLimits;
  model.metrics_json = metrics.dump();
  model.hyperparameters_json = parameters.dump();
  model.importance_json = importance.dump();
  return model;
}

void AddReferences(const std::vector<Example>& train, ModelFile* model) {
  for (int i = 0; i < kFigures; ++i) {
    std::vector<double> values;
    for (const Example& example : train) values.push_back(example.inputs.figures[i]);
    model->inputs.push_back(analytics::ml::kFigureNames[i]);
    model->references.push_back(analytics::ml::MakeReference(std::move(values)));
  }
}

void SetScaling(const std::vector<Example>& train, std::vector<float>* mean, std::vector<float>* scale) {
  for (int i = 0; i < kFigures; ++i) {
    double sum = 0, squares = 0;
    for (const Example& example : train) {
      sum += example.inputs.figures[i];
      squares += static_cast<double>(example.inputs.figures[i]) * example.inputs.figures[i];
    }
    const double m = sum / static_cast<double>(train.size());
    mean->push_back(static_cast<float>(m));
    scale->push_back(static_cast<float>(1 / std::sqrt(std::max(1e-6, squares / static_cast<double>(train.size()) - m * m))));
  }
}

json Parameters(const TrainingOptions& options, int epochs, const std::vector<Example>& train, const std::vector<Example>& test) {
  return {{"seed", options.seed},       {"epochs", epochs},
          {"optimiser", "adam, step 0.002 falling along a cosine, batch 64"},
          {"train_samples", train.size()}, {"test_samples", test.size()},
          {"train_lots_per_profile", options.train_lots}, {"test_lots_per_profile", options.test_lots},
          {"samples_per_lot", options.samples_per_lot}};
}

// Loss of accuracy when an input takes the values of other samples.
json Importance(const analytics::ml::Network& network, const std::vector<Example>& test, double accuracy, uint64_t seed) {
  json importance = json::object();
  std::mt19937_64 random(seed);
  const auto shuffled = [&](auto exchange) {
    std::vector<Example> mixed = test;
    for (size_t i = mixed.size(); i > 1; --i) exchange(mixed[i - 1], mixed[random() % i]);
    return Rounded(accuracy - GradeFigures(network, mixed).accuracy());
  };
  constexpr const char* kPlaneNames[] = {"residual map", "reflectance map", "amplitude map", "height map"};
  for (int plane = 0; plane < analytics::ml::kPlanes; ++plane) {
    importance[kPlaneNames[plane]] = shuffled([plane](Example& a, Example& b) {
      float* const first = a.inputs.image.data() + plane * analyse::kZones;
      std::swap_ranges(first, first + analyse::kZones, b.inputs.image.data() + plane * analyse::kZones);
    });
  }
  for (int i = 0; i < kFigures; ++i) {
    importance[analytics::ml::kFigureNames[i]] = shuffled([i](Example& a, Example& b) { std::swap(a.inputs.figures[i], b.inputs.figures[i]); });
  }
  return importance;
}

double GradeCalibration(const analytics::ml::Network& network, const std::vector<Example>& test) {
  std::vector<double> confidence;
  std::vector<bool> right;
  for (const Example& example : test) {
    const auto shares = analytics::ml::Softmax(network.Run(example.inputs.image.data(), example.inputs.figures.data()));
    const auto best = std::max_element(shares.begin(), shares.end());
    confidence.push_back(*best);
    right.push_back(best - shares.begin() == example.truth.grade);
  }
  return CalibrationError(confidence, right);
}

json DefectJson(const std::vector<Tally>& tallies) {
  json classes = json::object();
  for (size_t kind = 0; kind < tallies.size(); ++kind) classes[analytics::ml::kDefects[kind]] = tallies[kind].Json();
  return classes;
}

// What the shipped file says after its weights were rounded.
absl::StatusOr<analytics::ml::Network> AsShipped(const ModelFile& model) {
  auto parsed = analytics::ml::ParseModelFile(analytics::ml::FormatModelFile(model));
  if (!parsed.ok()) return parsed.status();
  return parsed->network;
}

}  // namespace

absl::StatusOr<ModelFile> TrainGrade(const TrainingOptions& options, const std::vector<Example>& train, const std::vector<Example>& test) {
  std::vector<float> mean, scale;
  SetScaling(train, &mean, &scale);
  std::vector<Row> rows;
  std::vector<int> labels;
  for (const Example& example : train) {
    Row row(example.inputs.image.begin(), example.inputs.image.end());
    for (int i = 0; i < kFigures; ++i) row.push_back((example.inputs.figures[i] - mean[i]) * scale[i]);
    rows.push_back(std::move(row));
    labels.push_back(example.truth.grade);
  }
  ModelFile model = Head(options, analytics::ml::kGradeModel, json::object(), Parameters(options, options.grade_epochs, train, test), json::object());
  model.network = TrainGradeNet(rows, labels, Course(options, options.grade_epochs, "grade"));
  model.network.mean = mean;
  model.network.scale = scale;
  AddReferences(train, &model);
  auto network = AsShipped(model);
  if (!network.ok()) return network.status();
  const Confusion figures = GradeFigures(*network, test);
  model.accuracy = Rounded(figures.accuracy());
  model.precision = Rounded(figures.macro_precision());
  model.recall = Rounded(figures.macro_recall());
  model.f1_score = Rounded(figures.macro_f1());
  model.metrics_json = json({{"model", figures.Json()},
                             {"rule", RuleFigures(test).Json()},
                             {"calibration_error", Rounded(GradeCalibration(*network, test))}}).dump();
  model.importance_json = Importance(*network, test, figures.accuracy(), options.seed).dump();
  return model;
}

absl::StatusOr<ModelFile> TrainDefects(const TrainingOptions& options, const std::vector<Example>& train, const std::vector<Example>& test) {
  std::vector<Row> rows, masks;
  for (const Example& example : train) {
    rows.emplace_back(example.inputs.image.begin(), example.inputs.image.end());
    Row mask;
    for (const auto& kind : example.truth.defects) {
      for (const bool zone : kind) mask.push_back(zone ? 1.0f : 0.0f);
    }
    masks.push_back(std::move(mask));
  }
  ModelFile model = Head(options, analytics::ml::kDefectModel, json::object(), Parameters(options, options.defect_epochs, train, test), json::object());
  model.network = TrainDefectNet(rows, masks, Course(options, options.defect_epochs, "defects"));
  AddReferences(train, &model);
  auto network = AsShipped(model);
  if (!network.ok()) return network.status();
  const std::vector<Tally> figures = DefectFigures(&*network, test);
  double precision = 0, recall = 0, f1 = 0, right = 0, all = 0;
  for (const Tally& t : figures) {
    precision += t.precision() / static_cast<double>(figures.size());
    recall += t.recall() / static_cast<double>(figures.size());
    f1 += t.f1() / static_cast<double>(figures.size());
    right += static_cast<double>(t.hits + t.quiet);
    all += static_cast<double>(t.hits + t.quiet + t.misses + t.false_alarms);
  }
  model.accuracy = Rounded(right / all);
  model.precision = Rounded(precision);
  model.recall = Rounded(recall);
  model.f1_score = Rounded(f1);
  model.metrics_json = json({{"model", DefectJson(figures)}, {"rule", DefectJson(DefectFigures(nullptr, test))}}).dump();
  return model;
}

}  // namespace egi::training
