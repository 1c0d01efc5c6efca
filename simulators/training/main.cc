// Trains the three models on the twin and writes their files and cards. One command, seeded: the same options give the same weights.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/base/sha256.h"
#include "simulators/training/card.h"
#include "simulators/training/training.h"

ABSL_FLAG(std::string, models, "server/analytics/ml/models", "folder for the model files");
ABSL_FLAG(std::string, cards, "docs/models", "folder for the model cards");
ABSL_FLAG(std::string, version, "1.0.0", "version of the models");
ABSL_FLAG(std::string, trained_at, "", "end of the training for the files, RFC 3339; default now");
ABSL_FLAG(uint64_t, seed, 1, "seed of data and training");
ABSL_FLAG(int, train_lots, 120, "lots of each profile to train on");
ABSL_FLAG(int, test_lots, 20, "lots of each profile to test on");
ABSL_FLAG(int, grade_epochs, 20, "epochs of the grade");
ABSL_FLAG(int, defect_epochs, 12, "epochs of the defects");
ABSL_FLAG(std::vector<std::string>, only, (std::vector<std::string>{"grade", "defects", "lots"}), "what to train: grade, defects, lots");

namespace egi::training {
namespace {

absl::Status Write(const std::string& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary);
  out << content;
  out.close();
  if (!out) return absl::PermissionDeniedError(absl::StrCat("cannot write ", path, "; create its folder, or name another with --models and --cards"));
  fprintf(stderr, "wrote %s, %zu bytes\n", path.c_str(), content.size());
  return absl::OkStatus();
}

absl::Status Save(const absl::StatusOr<analytics::ml::ModelFile>& model) {
  if (!model.ok()) return model.status();
  const std::string content = analytics::ml::FormatModelFile(*model);
  if (content.size() > analytics::ml::kLargestModelFile) return absl::OutOfRangeError(absl::StrCat(model->name, " is larger than 300 KiB"));
  if (absl::Status bad = Write(absl::StrCat(absl::GetFlag(FLAGS_models), "/", model->name, ".json"), content); !bad.ok()) return bad;
  printf("%s\n", model->metrics_json.c_str());
  Sha256 digest;
  digest.Add(content);
  return Write(absl::StrCat(absl::GetFlag(FLAGS_cards), "/", model->name, ".md"), CardOf(*model, digest.Hex()));
}

bool Wanted(const std::string& what) {
  const std::vector<std::string> only = absl::GetFlag(FLAGS_only);
  return std::find(only.begin(), only.end(), what) != only.end();
}

absl::Status Run() {
  TrainingOptions options;
  options.seed = absl::GetFlag(FLAGS_seed);
  options.version = absl::GetFlag(FLAGS_version);
  options.train_lots = absl::GetFlag(FLAGS_train_lots);
  options.test_lots = absl::GetFlag(FLAGS_test_lots);
  options.grade_epochs = absl::GetFlag(FLAGS_grade_epochs);
  options.defect_epochs = absl::GetFlag(FLAGS_defect_epochs);
  options.trained_at = absl::GetFlag(FLAGS_trained_at);
  if (options.trained_at.empty()) options.trained_at = absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone());
  if (Wanted("lots")) {
    if (absl::Status bad = Save(TrainLots(options)); !bad.ok()) return bad;
  }
  if (!Wanted("grade") && !Wanted("defects")) return absl::OkStatus();
  fprintf(stderr, "drawing the samples\n");
  const auto train = MakeExamples({options.seed, kTrainFirst, options.train_lots, options.samples_per_lot, false});
  if (!train.ok()) return train.status();
  const auto test = MakeExamples({options.seed, kTestFirst, options.test_lots, options.samples_per_lot, true});
  if (!test.ok()) return test.status();
  if (Wanted("grade")) {
    if (absl::Status bad = Save(TrainGrade(options, *train, *test)); !bad.ok()) return bad;
  }
  return Wanted("defects") ? Save(TrainDefects(options, *train, *test)) : absl::OkStatus();
}

}  // namespace
}  // namespace egi::training

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("Trains the models of server/analytics/ml on the digital twin; run it at the root of the repository.");
  absl::ParseCommandLine(argc, argv);
  if (const absl::Status status = egi::training::Run(); !status.ok()) {
    fprintf(stderr, "train-models: %s\n", status.ToString().c_str());
    return 1;
  }
  return 0;
}
