#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/rich_status.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/model_store.h"

namespace egi::storage::write {
namespace {

using quality::v1::Model;

constexpr char kSelect[] =
    "SELECT m.model_id, m.model_name, m.model_type, m.version, m.framework, m.file_path, m.sha256, m.is_active, m.accuracy, m.precision, m.recall, "
    "m.f1_score, " EGI_US("m.training_date") ", m.hyperparameters, m.feature_importance, m.metrics, m.limits, m.registered_by, " EGI_US(
        "m.created_at") ", m.activated_by, " EGI_US("m.activated_at") " FROM sqal_ml_models m";

// Two servers that start together wait for each other here, and for a switch of the active version.
constexpr char kLock[] = "SELECT pg_advisory_xact_lock(hashtext('sqal_ml_models ' || $1::text))";

constexpr char kInsert[] = R"sql(
  INSERT INTO sqal_ml_models (model_name, model_type, version, framework, file_path, sha256, content, accuracy, precision, recall, f1_score,
                              training_date, hyperparameters, feature_importance, metrics, limits, registered_by, created_at,
                              is_active, activated_by, activated_at)
  SELECT $1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::numeric, $9::numeric, $10::numeric, $11::numeric,
         $12::timestamptz, $13::jsonb, $14::jsonb, $15::jsonb, $16::text, $17::text, $18::timestamptz,
         first, CASE WHEN first THEN $17::text END, CASE WHEN first THEN $18::timestamptz END
  FROM (SELECT NOT EXISTS (SELECT FROM sqal_ml_models m WHERE m.model_name = $1::text) AS first) f)sql";

constexpr char kLeave[] = "UPDATE sqal_ml_models SET is_active = false WHERE model_name = $1::text AND is_active";
constexpr char kEnter[] = R"sql(
  UPDATE sqal_ml_models SET is_active = true, activated_by = $2::text, activated_at = $3::timestamptz WHERE model_id = $1::integer)sql";

Model ToModel(read::RowCursor row) {
  Model model;
  model.set_model_id(row.Int());
  model.set_model_name(row.Text());
  model.set_model_type(row.Text());
  model.set_version(row.Text());
  model.set_framework(row.Text());
  model.set_file_path(row.Text());
  model.set_sha256(row.Text());
  model.set_is_active(row.Bool());
  row.Set(&model, &Model::mutable_accuracy);
  row.Set(&model, &Model::mutable_precision);
  row.Set(&model, &Model::mutable_recall);
  row.Set(&model, &Model::mutable_f1_score);
  row.Set(&model, &Model::mutable_training_date);
  row.Set(&model, &Model::mutable_hyperparameters);
  row.Set(&model, &Model::mutable_feature_importance);
  row.Set(&model, &Model::mutable_metrics);
  model.set_limits(row.Text());
  model.set_registered_by(row.Text());
  row.Set(&model, &Model::mutable_created_at);
  row.Set(&model, &Model::mutable_activated_by);
  row.Set(&model, &Model::mutable_activated_at);
  return model;
}

absl::Status NoModel(const std::string& what, const std::string& key, const std::string& value) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat(what, "; GET /api/sqal/models (ListModels) names those there are")), "MODEL_NOT_FOUND", {{key, value}});
}

std::string Json(const google::protobuf::Struct& object) {
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(object, &json);
  return json.empty() ? "{}" : json;
}

class PostgresModelStore final : public ModelStore {
 public:
  explicit PostgresModelStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<Model>> List(const ModelQuery& query) override {
    read::Conditions where;
    if (!query.model_name.empty()) where.Add("m.model_name = $", query.model_name);
    if (!query.after_name.empty()) {
      const std::string name = where.Bind(query.after_name);
      where.Add(absl::StrCat("(m.model_name > ", name, "::text OR (m.model_name = ", name, "::text AND m.model_id < ", where.Bind(query.after_id), "::integer))"));
    }
    const std::string limit = where.Bind(query.limit);
    return read::ReadRows<Model>(pool_, absl::StrCat(kSelect, where.Sql(), " ORDER BY m.model_name, m.model_id DESC LIMIT ", limit, "::integer"),
                                 where.params(), ToModel);
  }

  absl::StatusOr<Model> Find(int32_t model_id) override {
    auto models = read::ReadRows<Model>(pool_, absl::StrCat(kSelect, " WHERE m.model_id = $1::integer"), {absl::StrCat(model_id)}, ToModel);
    if (!models.ok()) return models.status();
    if (models->empty()) return Unknown(model_id);
    return std::move(models->front());
  }

  absl::StatusOr<Model> FindActive(const std::string& model_name) override {
    auto models = read::ReadRows<Model>(pool_, absl::StrCat(kSelect, " WHERE m.model_name = $1::text AND m.is_active"), {model_name}, ToModel);
    if (!models.ok()) return models.status();
    if (models->empty()) return NoModel(absl::StrCat("no version of ", model_name, " is registered"), "model_name", model_name);
    return std::move(models->front());
  }

  absl::StatusOr<std::string> ReadContent(int32_t model_id) override {
    auto contents = read::ReadRows<std::string>(pool_, "SELECT m.content FROM sqal_ml_models m WHERE m.model_id = $1::integer",
                                                {absl::StrCat(model_id)}, [](read::RowCursor row) { return row.Text(); });
    if (!contents.ok()) return contents.status();
    if (contents->empty()) return Unknown(model_id);
    return std::move(contents->front());
  }

  absl::StatusOr<Model> Register(const Model& model, const std::string& content, absl::Time now) override {
    Model stored;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      read::Run(transaction, kLock, {model.model_name()});
      const std::string find = absl::StrCat(kSelect, " WHERE m.model_name = $1::text AND m.version = $2::text");
      pqxx::result rows = read::Run(transaction, find, {model.model_name(), model.version()});
      if (rows.empty()) {
        read::Run(transaction, kInsert, Params(model, content, now));
        rows = read::Run(transaction, find, {model.model_name(), model.version()});
      }
      stored = ToModel(read::RowCursor(rows[0]));
      if (stored.sha256() == model.sha256()) return absl::OkStatus();
      return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("version ", model.version(), " of ", model.model_name(),
                                                                 " is registered with another content; give the new file another version")),
                           "MODEL_VERSION_EXISTS", {{"model_name", model.model_name()}, {"version", model.version()}});
    });
    if (!status.ok()) return status;
    return stored;
  }

  absl::StatusOr<Model> Activate(int32_t model_id, const std::string& by, absl::Time now) override {
    Model model;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const std::string find = absl::StrCat(kSelect, " WHERE m.model_id = $1::integer");
      pqxx::result rows = read::Run(transaction, find, {absl::StrCat(model_id)});
      if (rows.empty()) return Unknown(model_id);
      read::Run(transaction, kLock, {ToModel(read::RowCursor(rows[0])).model_name()});
      model = ToModel(read::RowCursor(read::Run(transaction, find, {absl::StrCat(model_id)})[0]));
      if (model.is_active()) return absl::OkStatus();
      read::Run(transaction, kLeave, {model.model_name()});
      read::Run(transaction, kEnter, {absl::StrCat(model_id), by, SqlTime(now)});
      model = ToModel(read::RowCursor(read::Run(transaction, find, {absl::StrCat(model_id)})[0]));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return model;
  }

 private:
  static absl::Status Unknown(int32_t model_id) {
    return NoModel(absl::StrCat("model ", model_id, " is not registered"), "model_id", absl::StrCat(model_id));
  }

  static std::vector<std::string> Params(const Model& model, const std::string& content, absl::Time now) {
    const absl::Time trained = absl::FromUnixSeconds(model.training_date().seconds()) + absl::Nanoseconds(model.training_date().nanos());
    return {model.model_name(),
            model.model_type(),
            model.version(),
            model.framework(),
            model.file_path(),
            model.sha256(),
            content,
            absl::StrCat(model.accuracy().value()),
            absl::StrCat(model.precision().value()),
            absl::StrCat(model.recall().value()),
            absl::StrCat(model.f1_score().value()),
            SqlTime(trained),
            Json(model.hyperparameters()),
            Json(model.feature_importance()),
            Json(model.metrics()),
            model.limits(),
            model.registered_by(),
            SqlTime(now)};
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<ModelStore> NewPostgresModelStore(Pool& pool) { return std::make_unique<PostgresModelStore>(pool); }

}  // namespace egi::storage::write
