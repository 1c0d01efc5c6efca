// The learned models as the handlers use them: read from the registry, parsed once.
#ifndef EGI_SERVER_API_QUALITY_MODEL_CATALOG_H_
#define EGI_SERVER_API_QUALITY_MODEL_CATALOG_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/model.pb.h"
#include "server/analytics/ml/model_file.h"
#include "server/base/mutex.h"
#include "server/storage/write/model_store.h"

namespace egi::api {

// A registered version, ready to run.
struct LoadedModel {
  quality::v1::Model registered;
  std::shared_ptr<const analytics::ml::ModelFile> file;

  quality::v1::ModelVersion version() const;
};

// Thread-safe. `store` must outlive it.
class ModelCatalog {
 public:
  explicit ModelCatalog(storage::write::ModelStore& store) : store_(store) {}

  // The version in use now, by name. Errors: NOT_FOUND, UNAVAILABLE.
  absl::StatusOr<LoadedModel> Active(const std::string& model_name);
  // One version. Errors: NOT_FOUND, UNAVAILABLE.
  absl::StatusOr<LoadedModel> Load(int32_t model_id);

 private:
  absl::StatusOr<LoadedModel> Parse(quality::v1::Model registered);

  storage::write::ModelStore& store_;
  // A few versions at a time are asked for; each holds up to a megabyte.
  static constexpr size_t kMostParsed = 16;

  Mutex mutex_;
  // By model id: what a version holds never changes.
  std::map<int32_t, std::shared_ptr<const analytics::ml::ModelFile>> parsed_ ABSL_GUARDED_BY(mutex_);
};

// Registers a model file. Errors: INVALID_ARGUMENT (content), and those of ModelStore::Register.
absl::StatusOr<quality::v1::Model> RegisterModelFile(storage::write::ModelStore& store, const std::string& file, const std::string& content,
                                                     const std::string& by, absl::Time now);

// Registers the versions this program ships with; those already known are left alone. Errors: those of RegisterModelFile.
absl::Status RegisterShippedModels(storage::write::ModelStore& store, absl::Time now);

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_MODEL_CATALOG_H_
