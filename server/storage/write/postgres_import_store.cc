#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/rich_status.h"
#include "server/base/storable_text.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/import_store.h"
#include "server/storage/write/self_registered.h"

namespace egi::storage::write {
namespace {

using feeding::v1::GetImportResponse;
using feeding::v1::Import;
using feeding::v1::ImportAnomaly;
using feeding::v1::ImportInfo;
using feeding::v1::ImportReport;
using read::RowCursor;
using read::Run;

constexpr char kImport[] =
    "SELECT i.import_id, i.state, i.phase, i.file_name, i.size_bytes, i.sha256, i.policy, i.dry_run, i.imported_by, i.rows_total, i.rows_done, "
    "i.rows_refused, i.lots_created, i.lots_updated, i.lots_unchanged, i.meals_saved, i.meals_duplicate, i.meals_corrected, i.gaveurs_created, "
    "i.attempts, i.error, " EGI_US("i.created_at") ", " EGI_US("i.updated_at") ", " EGI_US("i.finished_at")
    ", i.anomalies, i.meals_refused, to_jsonb(i.columns_changed)";

constexpr char kCreate[] = R"sql(
  INSERT INTO imports (file_name, size_bytes, sha256, policy, dry_run, imported_by, created_at, updated_at)
  VALUES ($1::text, $2::integer, $3::text, $4::text, $5::boolean, $6::text, $7::timestamptz, $7::timestamptz)
  ON CONFLICT (sha256, dry_run) WHERE state IN ('queued', 'running') DO NOTHING RETURNING import_id)sql";

constexpr char kClaim[] = R"sql(
  UPDATE imports SET state = 'running', attempts = attempts + 1, lease_owner = $1::text, lease_until = $3::timestamptz, updated_at = $2::timestamptz
  WHERE import_id = (SELECT import_id FROM imports WHERE state IN ('queued', 'running') AND (lease_until IS NULL OR lease_until <= $2::timestamptz)
                     ORDER BY import_id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING import_id)sql";

constexpr char kSave[] = R"sql(
  UPDATE imports SET state = $3::text, phase = $4::text, rows_total = $5::integer, rows_done = $6::integer, rows_refused = $7::integer,
    lots_created = $8::integer, lots_updated = $9::integer, lots_unchanged = $10::integer, meals_saved = $11::integer, meals_duplicate = $12::integer,
    meals_corrected = $13::integer, gaveurs_created = $14::integer, error = $15::text, done_row = greatest(done_row, $16::integer),
    updated_at = $17::timestamptz, lease_until = nullif($18::text, '')::timestamptz,
    lease_owner = CASE WHEN $18::text = '' THEN NULL ELSE lease_owner END,
    finished_at = CASE WHEN $3::text IN ('done', 'failed') THEN $17::timestamptz END, meals_refused = $19::integer, columns_changed = $20::text[]
  WHERE import_id = $1::integer AND lease_owner = $2::text RETURNING 1)sql";

constexpr char kAddAnomalies[] = R"sql(
  INSERT INTO import_anomalies (import_id, ordinal, row_number, code_lot, column_name, repas, kind, severity, in_file, expected, message)
  SELECT $1::integer, (SELECT coalesce(max(ordinal), 0) FROM import_anomalies WHERE import_id = $1::integer) + a.place, a.row, a.code, a.col, a.meal,
    a.kind, a.severity, a.in_file, a.expected, a.message
  FROM unnest($2::integer[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
    WITH ORDINALITY AS a (row, code, col, meal, kind, severity, in_file, expected, message, place))sql";

// `imports.anomalies` follows import_anomalies, so that a look at an import counts nothing.
constexpr char kCountAnomalies[] =
    "UPDATE imports SET anomalies = (SELECT count(*) FROM import_anomalies WHERE import_id = $1::integer) WHERE import_id = $1::integer";

// A lot keeps the feeder it is known by, unless an earlier import gave it; a feeder without contact may be the one the file names, unless the account is self-made.
constexpr char kConflicts[] = R"sql(
  SELECT w.code, CASE
    WHEN l.site_code <> left(w.code, 2) THEN 'is known at site ' || l.site_code
    WHEN l.statut = 'annule' THEN 'is cancelled (annule); restore it before it is imported'
    ELSE 'is fed by another feeder than the file says (gaveur ' || l.gaveur_id || '); correct the file or the lot' END
  FROM (SELECT code, CASE WHEN feeder ~ '^#[0-9]{1,9}$' THEN substr(feeder, 2)::integer
                          ELSE (SELECT min(c.gaveur_id) FROM gaveurs_contact c
                                WHERE c.nom_complet = feeder AND NOT )sql" EGI_SELF_REGISTERED("c.gaveur_id") R"sql() END AS feeder_id
        FROM unnest($1::text[], $2::text[]) AS given (code, feeder)) w
  JOIN lots_gavage l ON l.code_lot = w.code
  LEFT JOIN gaveurs_contact known ON known.gaveur_id = l.gaveur_id
  WHERE l.site_code <> left(w.code, 2) OR l.statut = 'annule'
    OR (l.origine <> 'import' AND l.gaveur_id IS NOT NULL AND w.feeder_id IS DISTINCT FROM l.gaveur_id
        AND (w.feeder_id IS NOT NULL OR known.gaveur_id IS NOT NULL OR )sql" EGI_SELF_REGISTERED("l.gaveur_id") R"sql()))sql";

Import ToImport(RowCursor& row) {
  Import import;
  import.set_import_id(row.Int());
  import.set_state(row.Text());
  import.set_phase(row.Text());
  import.set_file_name(row.Text());
  import.set_size_bytes(row.Int());
  import.set_sha256(row.Text());
  import.set_policy(row.Text());
  import.set_dry_run(row.Bool());
  import.set_imported_by(row.Text());
  import.set_rows_total(row.Int());
  import.set_rows_done(row.Int());
  import.set_rows_refused(row.Int());
  import.set_lots_created(row.Int());
  import.set_lots_updated(row.Int());
  import.set_lots_unchanged(row.Int());
  import.set_meals_saved(row.Int());
  import.set_meals_duplicate(row.Int());
  import.set_meals_corrected(row.Int());
  import.set_gaveurs_created(row.Int());
  import.set_attempts(row.Int());
  import.set_error(row.Text());
  row.Set(&import, &Import::mutable_created_at);
  row.Set(&import, &Import::mutable_updated_at);
  row.Set(&import, &Import::mutable_finished_at);
  import.set_anomalies(row.Int());
  import.set_meals_refused(row.Int());
  google::protobuf::ListValue columns;
  row.Json(&columns);
  for (const auto& column : columns.values()) import.add_columns_changed(column.string_value());
  if (import.state() == "done") {
    import.set_progress_pct(100);
  } else if (import.rows_total() > 0) {
    import.set_progress_pct(100.0 * import.rows_done() / import.rows_total());
  }
  return import;
}

absl::Status ImportNotFound(int32_t import_id) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("import ", import_id, " does not exist; GET /api/imports (ListImports) names those that do")), "IMPORT_NOT_FOUND",
                       {{"import_id", absl::StrCat(import_id)}});
}

absl::Status LeaseLost(int32_t import_id) {
  return absl::AbortedError(absl::StrCat("import ", import_id, " is worked on by another server"));
}

absl::StatusOr<Import> FindIn(pqxx::transaction_base& transaction, int32_t import_id) {
  const pqxx::result rows = Run(transaction, absl::StrCat(kImport, " FROM imports i WHERE i.import_id = $1::integer"), {absl::StrCat(import_id)});
  if (rows.empty()) return ImportNotFound(import_id);
  RowCursor row(rows[0]);
  return ToImport(row);
}

void WriteAnomalies(pqxx::transaction_base& transaction, int32_t import_id, const std::vector<ImportAnomaly>& anomalies) {
  if (anomalies.empty()) return;
  std::vector<int64_t> rows, meals;
  std::vector<std::string> codes, columns, kinds, severities, in_file, expected, messages;
  for (const ImportAnomaly& anomaly : anomalies) {
    rows.push_back(anomaly.row());
    codes.push_back(anomaly.code_lot());
    columns.push_back(ToStorableText(anomaly.column(), 100));
    meals.push_back(anomaly.repas());
    kinds.push_back(anomaly.kind());
    severities.push_back(anomaly.severity());
    in_file.push_back(ToStorableText(anomaly.in_file(), 100));
    expected.push_back(ToStorableText(anomaly.expected(), 100));
    messages.push_back(ToStorableText(anomaly.message(), 1000));
  }
  Run(transaction, kAddAnomalies,
      {absl::StrCat(import_id), IntArray(rows), TextArray(codes), TextArray(columns), IntArray(meals), TextArray(kinds), TextArray(severities),
       TextArray(in_file), TextArray(expected), TextArray(messages)});
}

// Once for every change of them, in its transaction.
void CountAnomalies(pqxx::transaction_base& transaction, int32_t import_id) { Run(transaction, kCountAnomalies, {absl::StrCat(import_id)}); }

// Locks the import; false when another server works on it.
bool Holds(pqxx::transaction_base& transaction, int32_t import_id, const std::string& owner) {
  return !Run(transaction, "SELECT 1 FROM imports WHERE import_id = $1::integer AND lease_owner = $2::text FOR UPDATE", {absl::StrCat(import_id), owner})
              .empty();
}

class PostgresImportStore final : public ImportStore {
 public:
  explicit PostgresImportStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<Import> Create(const ImportInfo& info, const std::string& bytes, absl::Time now) override {
    Import import;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result made = Run(transaction, kCreate,
                                    {info.file_name(), absl::StrCat(bytes.size()), info.sha256(), info.policy(), info.dry_run() ? "true" : "false",
                                     info.imported_by(), SqlTime(now)});
      if (!made.empty()) {
        const auto id = made[0][0].as<int32_t>();
        transaction.exec_params("INSERT INTO import_files (import_id, content) VALUES ($1, $2)", id, pqxx::binarystring(bytes));
        return Assign(FindIn(transaction, id), &import);
      }
      const pqxx::result known = Run(transaction,
                                     "SELECT import_id FROM imports WHERE sha256 = $1::text AND dry_run = $2::boolean AND state IN ('queued', 'running')",
                                     {info.sha256(), info.dry_run() ? "true" : "false"});
      if (known.empty()) return absl::UnavailableError("the import of the same file ended just now; send it again");
      if (absl::Status failed = Assign(FindIn(transaction, known[0][0].as<int32_t>()), &import); !failed.ok()) return failed;
      if (import.policy() == info.policy()) return absl::OkStatus();
      return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("import ", import.import_id(), " of the same file is under way with policy ",
                                                                      import.policy(), "; wait for its end")),
                           "IMPORT_RUNNING", {{"import_id", absl::StrCat(import.import_id())}});
    });
    if (!status.ok()) return status;
    return import;
  }

  absl::StatusOr<std::vector<Import>> List(int32_t before, int limit) override {
    return read::ReadRows<Import>(
        pool_, absl::StrCat(kImport, " FROM imports i WHERE $1::integer = 0 OR i.import_id < $1::integer ORDER BY i.import_id DESC LIMIT $2::integer"),
        {absl::StrCat(before), absl::StrCat(limit)}, [](RowCursor row) { return ToImport(row); });
  }

  absl::StatusOr<Import> Find(int32_t import_id) override {
    Import import;
    const absl::Status status =
        pool_.Read([&](pqxx::transaction_base& transaction) { return Assign(FindIn(transaction, import_id), &import); });
    if (!status.ok()) return status;
    return import;
  }

  absl::StatusOr<GetImportResponse> FindReport(int32_t import_id) override {
    GetImportResponse response;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      response.Clear();
      if (absl::Status failed = Assign(FindIn(transaction, import_id), response.mutable_import()); !failed.ok()) return failed;
      const pqxx::result report = Run(transaction, "SELECT report FROM imports WHERE import_id = $1::integer", {absl::StrCat(import_id)});
      if (report[0][0].is_null()) return absl::OkStatus();
      if (!google::protobuf::util::JsonStringToMessage(report[0][0].c_str(), response.mutable_report()).ok()) {
        return absl::DataLossError(absl::StrCat("the report of import ", import_id, " is not readable"));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<std::vector<std::pair<int32_t, ImportAnomaly>>> ListAnomalies(const AnomalyQuery& query) override {
    if (auto known = Find(query.import_id); !known.ok()) return known.status();
    return read::ReadRows<std::pair<int32_t, ImportAnomaly>>(
        pool_,
        "SELECT ordinal, row_number, code_lot, column_name, repas, kind, severity, in_file, expected, message FROM import_anomalies "
        "WHERE import_id = $1::integer AND ordinal > $2::integer AND ($3::text = '' OR kind = $3::text) AND ($4::text = '' OR severity = $4::text) "
        "ORDER BY ordinal LIMIT $5::integer",
        {absl::StrCat(query.import_id), absl::StrCat(query.after), query.kind, query.severity, absl::StrCat(query.limit)}, [](RowCursor row) {
          std::pair<int32_t, ImportAnomaly> entry;
          entry.first = row.Int();
          ImportAnomaly& anomaly = entry.second;
          anomaly.set_row(row.Int());
          anomaly.set_code_lot(row.Text());
          anomaly.set_column(row.Text());
          anomaly.set_repas(row.Int());
          anomaly.set_kind(row.Text());
          anomaly.set_severity(row.Text());
          anomaly.set_in_file(row.Text());
          anomaly.set_expected(row.Text());
          anomaly.set_message(row.Text());
          return entry;
        });
  }

  absl::StatusOr<std::optional<ImportJob>> Claim(const std::string& owner, absl::Time now, absl::Duration lease) override {
    std::optional<ImportJob> job;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      job.reset();
      const pqxx::result claimed = Run(transaction, kClaim, {owner, SqlTime(now), SqlTime(now + lease)});
      if (claimed.empty()) return absl::OkStatus();
      job.emplace();
      const auto id = claimed[0][0].as<int32_t>();
      const pqxx::row file = transaction.exec_params1(
          "SELECT i.done_row, f.content FROM imports i JOIN import_files f ON f.import_id = i.import_id WHERE i.import_id = $1", id);
      job->done_row = file[0].as<int32_t>();
      job->content = pqxx::binarystring(file[1]).str();
      return Assign(FindIn(transaction, id), &job->import);
    });
    if (!status.ok()) return status;
    return job;
  }

  absl::Status SaveProgress(const Import& import, int32_t done_row, const std::vector<ImportAnomaly>& noticed, const std::string& owner, absl::Time now,
                            absl::Duration lease) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      if (absl::Status lost = Save(transaction, import, done_row, owner, now, SqlTime(now + lease)); !lost.ok()) return lost;
      WriteAnomalies(transaction, import.import_id(), noticed);
      if (!noticed.empty()) CountAnomalies(transaction, import.import_id());
      return absl::OkStatus();
    });
  }

  absl::StatusOr<int32_t> SaveReport(int32_t import_id, const ImportReport& report, const std::vector<ImportAnomaly>& anomalies, int32_t done_row,
                                     const std::string& owner) override {
    std::string json;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    if (!google::protobuf::util::MessageToJsonString(report, &json, options).ok()) return absl::InternalError("the report cannot be written");
    std::vector<ImportAnomaly> behind;
    for (const ImportAnomaly& anomaly : anomalies) {
      if (done_row == 0 || anomaly.row() > done_row) behind.push_back(anomaly);
    }
    int32_t refused = 0;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      if (!Holds(transaction, import_id, owner)) return LeaseLost(import_id);
      const std::string id = absl::StrCat(import_id);
      Run(transaction, "UPDATE imports SET report = $2::jsonb WHERE import_id = $1::integer", {id, json});
      Run(transaction, "DELETE FROM import_anomalies WHERE import_id = $1::integer AND (row_number > $2::integer OR $2::integer = 0)",
          {id, absl::StrCat(done_row)});
      refused = Run(transaction, "SELECT count(DISTINCT row_number) FROM import_anomalies WHERE import_id = $1::integer AND severity = 'error'", {id})[0][0]
                    .as<int32_t>();
      WriteAnomalies(transaction, import_id, behind);
      CountAnomalies(transaction, import_id);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return refused;
  }

  absl::Status Renew(int32_t import_id, const std::string& owner, absl::Time now, absl::Duration lease) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const bool held = !Run(transaction,
                             "UPDATE imports SET lease_until = $3::timestamptz WHERE import_id = $1::integer AND lease_owner = $2::text RETURNING 1",
                             {absl::StrCat(import_id), owner, SqlTime(now + lease)})
                             .empty();
      return held ? absl::OkStatus() : LeaseLost(import_id);
    });
  }

  absl::Status Finish(const Import& import, const std::string& owner, absl::Time now) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      if (absl::Status lost = Save(transaction, import, 0, owner, now, ""); !lost.ok()) return lost;
      Run(transaction, "DELETE FROM import_files WHERE import_id = $1::integer", {absl::StrCat(import.import_id())});
      return absl::OkStatus();
    });
  }

  absl::Status Release(int32_t import_id, const std::string& owner) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      Run(transaction, "UPDATE imports SET lease_owner = NULL, lease_until = NULL WHERE import_id = $1::integer AND lease_owner = $2::text",
          {absl::StrCat(import_id), owner});
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::map<std::string, std::string>> Conflicts(const std::vector<std::pair<std::string, std::string>>& lots) override {
    std::vector<std::string> codes, feeders;
    for (const auto& [code, feeder] : lots) {
      codes.push_back(code);
      feeders.push_back(feeder);
    }
    auto rows = read::ReadRows<std::pair<const std::string, std::string>>(pool_, kConflicts, {TextArray(codes), TextArray(feeders)}, [](RowCursor row) {
      std::string code = row.Text();
      return std::pair<const std::string, std::string>(std::move(code), row.Text());
    });
    if (!rows.ok()) return rows.status();
    return std::map<std::string, std::string>(rows->begin(), rows->end());
  }

  absl::StatusOr<std::map<MealKey, MealDoses>> KnownMeals(const std::vector<std::string>& codes) override {
    auto rows = read::ReadRows<std::pair<const MealKey, MealDoses>>(
        pool_,
        "SELECT code_lot, 2 * jour + CASE moment WHEN 'soir' THEN 2 ELSE 1 END, dose_reelle, dose_theorique FROM doses_journalieres "
        "WHERE code_lot = ANY ($1::text[])",
        {TextArray(codes)}, [](RowCursor row) {
          std::string code = row.Text();
          const int32_t number = row.Int();
          const double real = row.Double();
          std::optional<double> target;
          if (!row.IsNull()) target = row.Double();
          return std::pair<const MealKey, MealDoses>({std::move(code), number}, {target, real});
        });
    if (!rows.ok()) return rows.status();
    return std::map<MealKey, MealDoses>(rows->begin(), rows->end());
  }

 private:
  template <typename Message>
  static absl::Status Assign(absl::StatusOr<Message> found, Message* message) {
    if (!found.ok()) return found.status();
    *message = *std::move(found);
    return absl::OkStatus();
  }

  static absl::Status Save(pqxx::transaction_base& transaction, const Import& i, int32_t done_row, const std::string& owner, absl::Time now,
                           const std::string& lease_until) {
    const pqxx::result saved =
        Run(transaction, kSave,
            {absl::StrCat(i.import_id()), owner, i.state(), i.phase(), absl::StrCat(i.rows_total()), absl::StrCat(i.rows_done()),
             absl::StrCat(i.rows_refused()), absl::StrCat(i.lots_created()), absl::StrCat(i.lots_updated()), absl::StrCat(i.lots_unchanged()),
             absl::StrCat(i.meals_saved()), absl::StrCat(i.meals_duplicate()), absl::StrCat(i.meals_corrected()), absl::StrCat(i.gaveurs_created()),
             ToStorableText(i.error(), 4000), absl::StrCat(done_row), SqlTime(now), lease_until, absl::StrCat(i.meals_refused()),
             TextArray({i.columns_changed().begin(), i.columns_changed().end()})});
    return saved.empty() ? LeaseLost(i.import_id()) : absl::OkStatus();
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<ImportStore> NewPostgresImportStore(Pool& pool) { return std::make_unique<PostgresImportStore>(pool); }

}  // namespace egi::storage::write
