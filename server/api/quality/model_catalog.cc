#include "server/api/quality/model_catalog.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/analytics/ml/shipped_models.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"
#include "server/base/sha256.h"

namespace egi::api {
namespace {

using analytics::ml::ModelFile;
using quality::v1::Model;

constexpr char kShippedBy[] = "egi-server";

Model ToModel(const ModelFile& file, const std::string& path, const std::string& content, const std::string& by) {
  Model model;
  model.set_model_name(file.name);
  model.set_model_type(file.type);
  model.set_version(file.version);
  model.set_framework(file.framework);
  model.set_file_path(path);
  Sha256 digest;
  digest.Add(content);
  model.set_sha256(digest.Hex());
  model.mutable_accuracy()->set_value(file.accuracy);
  model.mutable_precision()->set_value(file.precision);
  model.mutable_recall()->set_value(file.recall);
  model.mutable_f1_score()->set_value(file.f1_score);
  absl::Time trained;
  absl::ParseTime(absl::RFC3339_full, file.trained_at, &trained, nullptr);  // the file was checked
  ToTimestamp(trained, model.mutable_training_date());
  (void)google::protobuf::util::JsonStringToMessage(file.hyperparameters_json, model.mutable_hyperparameters());
  (void)google::protobuf::util::JsonStringToMessage(file.importance_json, model.mutable_feature_importance());
  (void)google::protobuf::util::JsonStringToMessage(file.metrics_json, model.mutable_metrics());
  model.set_limits(file.limits);
  model.set_registered_by(by);
  return model;
}

}  // namespace

quality::v1::ModelVersion LoadedModel::version() const {
  quality::v1::ModelVersion version;
  version.set_model_id(registered.model_id());
  version.set_model_name(registered.model_name());
  version.set_version(registered.version());
  return version;
}

absl::StatusOr<LoadedModel> ModelCatalog::Active(const std::string& model_name) {
  auto registered = store_.FindActive(model_name);
  if (!registered.ok()) return registered.status();
  return Parse(*std::move(registered));
}

absl::StatusOr<LoadedModel> ModelCatalog::Load(int32_t model_id) {
  auto registered = store_.Find(model_id);
  if (!registered.ok()) return registered.status();
  return Parse(*std::move(registered));
}

absl::StatusOr<LoadedModel> ModelCatalog::Parse(Model registered) {
  const int32_t id = registered.model_id();
  {
    MutexLock lock(&mutex_);
    if (const auto found = parsed_.find(id); found != parsed_.end()) return LoadedModel{std::move(registered), found->second};
  }
  const auto content = store_.ReadContent(id);
  if (!content.ok()) return content.status();
  auto file = analytics::ml::ParseModelFile(*content);
  if (!file.ok()) return absl::DataLossError(absl::StrCat("the stored file of model ", id, ": ", std::string(file.status().message())));
  auto shared = std::make_shared<const ModelFile>(*std::move(file));
  MutexLock lock(&mutex_);
  if (parsed_.size() >= kMostParsed) parsed_.clear();
  return LoadedModel{std::move(registered), parsed_.emplace(id, std::move(shared)).first->second};
}

absl::StatusOr<Model> RegisterModelFile(storage::write::ModelStore& store, const std::string& file, const std::string& content,
                                        const std::string& by, absl::Time now) {
  const auto parsed = analytics::ml::ParseModelFile(content);
  if (!parsed.ok()) return InvalidFields({{"content", std::string(parsed.status().message())}});
  return store.Register(ToModel(*parsed, file.empty() ? parsed->name + ".json" : file, content, by), content, now);
}

absl::Status RegisterShippedModels(storage::write::ModelStore& store, absl::Time now) {
  for (const analytics::ml::ShippedModel& shipped : analytics::ml::ShippedModels()) {
    if (auto model = RegisterModelFile(store, shipped.file, shipped.content, kShippedBy, now); !model.ok()) return model.status();
  }
  return absl::OkStatus();
}

}  // namespace egi::api
