// Keeps the versions of the learned models and which of them is in use.
#ifndef EGI_SERVER_STORAGE_WRITE_MODEL_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_MODEL_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/model.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// A page of versions: by name, newest first.
struct ModelQuery {
  std::string model_name;  // empty = all
  std::string after_name;  // with after_id: only versions behind this one
  int32_t after_id = 0;
  int limit = 100;         // > 0
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE.
class ModelStore {
 public:
  virtual ~ModelStore() = default;

  virtual absl::StatusOr<std::vector<quality::v1::Model>> List(const ModelQuery& query) = 0;

  // Errors: NOT_FOUND.
  virtual absl::StatusOr<quality::v1::Model> Find(int32_t model_id) = 0;

  // The active version of a name. Errors: NOT_FOUND (none is registered).
  virtual absl::StatusOr<quality::v1::Model> FindActive(const std::string& model_name) = 0;

  // The file of a version. Errors: NOT_FOUND.
  virtual absl::StatusOr<std::string> ReadContent(int32_t model_id) = 0;

  // Stores a version; the first of its name is active. Of `model` the fields up to registered_by are taken, not model_id and is_active. The same
  // content again answers the stored version. Errors: ALREADY_EXISTS (same name and version, other content).
  virtual absl::StatusOr<quality::v1::Model> Register(const quality::v1::Model& model, const std::string& content, absl::Time now) = 0;

  // Makes a version the active one of its name. Errors: NOT_FOUND.
  virtual absl::StatusOr<quality::v1::Model> Activate(int32_t model_id, const std::string& by, absl::Time now) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<ModelStore> NewPostgresModelStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_MODEL_STORE_H_
