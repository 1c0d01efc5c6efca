// The forecast of a lot's quality from its feeding.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "server/analytics/ml/classes.h"
#include "server/analytics/ml/lot_inputs.h"
#include "simulators/training/lots.h"
#include "simulators/training/nets.h"
#include "simulators/training/training.h"

namespace egi::training {
namespace {

using analytics::ml::kGradeClasses;
using analytics::ml::kLotFigures;
using analytics::ml::kMealsNeeded;
using analytics::ml::ModelFile;
using nlohmann::json;

using Figures = std::array<float, kLotFigures>;

// A lot at one moment: finished, or somewhere between the first usable meal and the end.
struct View {
  Figures figures;
  bool finished;
  const LotExample* lot;
};

// Each lot finished and at two earlier moments.
std::vector<View> Views(const std::vector<LotExample>& lots, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<View> views;
  for (const LotExample& lot : lots) {
    views.push_back({analytics::ml::LotFiguresOf(lot.history), true, &lot});
    for (int i = 0; i < 2; ++i) {
      const size_t meals = kMealsNeeded + random() % (lot.history.meals.size() - kMealsNeeded);
      views.push_back({analytics::ml::LotFiguresOf(After(lot.history, meals)), false, &lot});
    }
  }
  return views;
}

double Expected(const ModelFile& model, const std::vector<double>& shares) {
  double score = 0;
  for (int g = 0; g < kGradeClasses; ++g) score += shares[g] * model.lot.score_of_grade[g];
  return score;
}

std::vector<double> Shares(const ModelFile& model, const View& view) {
  return analytics::ml::Softmax(model.network.Run(nullptr, view.figures.data()));
}

void SetScaling(const std::vector<View>& views, analytics::ml::Network* network) {
  for (int i = 0; i < kLotFigures; ++i) {
    double sum = 0, squares = 0;
    for (const View& view : views) {
      sum += view.figures[i];
      squares += static_cast<double>(view.figures[i]) * view.figures[i];
    }
    const double n = static_cast<double>(views.size()), m = sum / n;
    network->mean.push_back(static_cast<float>(m));
    network->scale.push_back(static_cast<float>(1 / std::sqrt(std::max(1e-6, squares / n - m * m))));
  }
}

void SetScores(const std::vector<LotExample>& lots, ModelFile* model) {
  std::array<double, kGradeClasses> sum{}, count{};
  double all = 0, samples = 0;
  for (const LotExample& lot : lots) {
    for (size_t i = 0; i < lot.grades.size(); ++i) {
      sum[lot.grades[i]] += lot.scores[i];
      count[lot.grades[i]] += 1;
      all += lot.scores[i];
      samples += 1;
    }
  }
  model->lot.baseline_score = Rounded(all / samples);
  for (int g = 0; g < kGradeClasses; ++g) model->lot.score_of_grade[g] = count[g] > 0 ? Rounded(sum[g] / count[g]) : model->lot.baseline_score;
}

// The 5 and 95 % quantiles of the error on lots of their own.
void SetErrors(const std::vector<View>& views, ModelFile* model) {
  for (const bool finished : {false, true}) {
    std::vector<double> errors;
    for (const View& view : views) {
      if (view.finished == finished) errors.push_back(view.lot->mean_score - Expected(*model, Shares(*model, view)));
    }
    std::sort(errors.begin(), errors.end());
    const size_t tail = errors.size() / 20;
    model->lot.error_low[finished] = Rounded(errors[tail]);
    model->lot.error_high[finished] = Rounded(errors[errors.size() - 1 - tail]);
  }
}

// How far the expected scores and the shares of the grades lie from what the lots became.
json Compare(const ModelFile& model, const std::vector<View>& views, const std::array<double, kGradeClasses>& base_shares, bool finished) {
  double lots = 0, error = 0, base_error = 0, square = 0, base_square = 0, inside = 0, brier = 0, base_brier = 0, loss = 0, base_loss = 0, samples = 0;
  for (const View& view : views) {
    if (view.finished != finished) continue;
    const std::vector<double> shares = Shares(model, view);
    const double expected = Expected(model, shares), truth = view.lot->mean_score;
    lots += 1;
    error += std::abs(truth - expected);
    base_error += std::abs(truth - model.lot.baseline_score);
    square += (truth - expected) * (truth - expected);
    base_square += (truth - model.lot.baseline_score) * (truth - model.lot.baseline_score);
    inside += truth >= expected + model.lot.error_low[finished] && truth <= expected + model.lot.error_high[finished];
    for (const int grade : view.lot->grades) {
      samples += 1;
      loss -= std::log(std::max(1e-9, shares[grade]));
      base_loss -= std::log(std::max(1e-9, base_shares[grade]));
      for (int g = 0; g < kGradeClasses; ++g) {
        brier += std::pow(shares[g] - (g == grade), 2);
        base_brier += std::pow(base_shares[g] - (g == grade), 2);
      }
    }
  }
  return {{"views", lots},
          {"score_mae", Rounded(error / lots)},
          {"score_mae_baseline", Rounded(base_error / lots)},
          {"score_r2", Rounded(1 - square / base_square)},
          {"interval_90_coverage", Rounded(inside / lots)},
          {"grade_brier", Rounded(brier / samples)},
          {"grade_brier_baseline", Rounded(base_brier / samples)},
          {"grade_log_loss", Rounded(loss / samples)},
          {"grade_log_loss_baseline", Rounded(base_loss / samples)},
          {"beats_baseline", error < base_error && loss < base_loss}};
}

// Grades of single samples of the finished test lots.
json SampleFigures(const ModelFile& model, const std::vector<View>& views, Confusion* confusion) {
  std::vector<double> confidence;
  std::vector<bool> right;
  for (const View& view : views) {
    if (!view.finished) continue;
    const std::vector<double> shares = Shares(model, view);
    const int best = static_cast<int>(std::max_element(shares.begin(), shares.end()) - shares.begin());
    for (const int grade : view.lot->grades) {
      confusion->Count(grade, best);
      confidence.push_back(shares[best]);
      right.push_back(best == grade);
    }
  }
  return {{"accuracy", Rounded(confusion->accuracy())}, {"calibration_error", Rounded(CalibrationError(confidence, right))}};
}

}  // namespace

absl::StatusOr<ModelFile> TrainLots(const TrainingOptions& options) {
  auto train = MakeLots(options.seed, kTrainFirst, options.lot_train_lots, options.samples_per_inspection);
  if (!train.ok()) return train.status();
  const auto calibration = MakeLots(options.seed, kCalibrationFirst, options.lot_calibration_lots, options.samples_per_inspection);
  const auto test = MakeLots(options.seed, kTestFirst, options.lot_test_lots, options.samples_per_inspection);
  if (!calibration.ok() || !test.ok()) return calibration.ok() ? test.status() : calibration.status();

  const std::vector<View> views = Views(*train, options.seed);
  ModelFile model;
  model.name = analytics::ml::kLotModel;
  model.version = options.version;
  model.type = "MLP";
  model.framework = "dlib 19.24 (training), egi (inference)";
  model.trained_at = options.trained_at;
  model.limits =
      "Trained on simulated lots: the feeding simulator and the rule by which the lot monitor chooses a quality profile (domain of the twin), not on real "
      "lots and livers. It mostly learns that rule. Of the real campaign, 3 % of the variance of the corn index is explained by such figures.";
  SetScaling(views, &model.network);
  std::vector<Row> rows;
  std::vector<int> labels;
  std::array<double, kGradeClasses> shares{};
  for (const View& view : views) {
    Row row;
    for (int i = 0; i < kLotFigures; ++i) row.push_back((view.figures[i] - model.network.mean[i]) * model.network.scale[i]);
    for (const int grade : view.lot->grades) {
      rows.push_back(row);
      labels.push_back(grade);
      shares[grade] += 1;
    }
  }
  for (double& share : shares) share /= static_cast<double>(labels.size());
  Schedule schedule;
  schedule.epochs = options.lot_epochs;
  schedule.seed = static_cast<unsigned>(options.seed);
  schedule.on_epoch = [&](int epoch, double loss) { fprintf(stderr, "lots: epoch %d of %d, loss %.4f\n", epoch + 1, options.lot_epochs, loss); };
  analytics::ml::Network trained = TrainLotNet(rows, labels, schedule);
  model.network.figures = trained.figures;
  model.network.head = std::move(trained.head);
  SetScores(*train, &model);
  SetErrors(Views(*calibration, options.seed + 1), &model);
  for (int i = 0; i < kLotFigures; ++i) {
    std::vector<double> values;
    for (const View& view : views) {
      if (view.finished) values.push_back(view.figures[i]);
    }
    model.inputs.push_back(analytics::ml::kLotFigureNames[i]);
    model.references.push_back(analytics::ml::MakeReference(std::move(values)));
  }
  const std::vector<View> unseen = Views(*test, options.seed + 2);
  Confusion confusion;
  const json samples = SampleFigures(model, unseen, &confusion);
  model.accuracy = Rounded(confusion.accuracy());
  model.precision = Rounded(confusion.macro_precision());
  model.recall = Rounded(confusion.macro_recall());
  model.f1_score = Rounded(confusion.macro_f1());
  model.metrics_json = json({{"finished_lots", Compare(model, unseen, shares, true)},
                             {"running_lots", Compare(model, unseen, shares, false)},
                             {"samples_of_finished_lots", samples}}).dump();
  model.hyperparameters_json = json({{"seed", options.seed},
                                     {"epochs", options.lot_epochs},
                                     {"train_lots", options.lot_train_lots},
                                     {"calibration_lots", options.lot_calibration_lots},
                                     {"test_lots", options.lot_test_lots},
                                     {"samples_per_lot", options.samples_per_inspection}}).dump();
  model.importance_json = "{}";
  return model;
}

}  // namespace egi::training
