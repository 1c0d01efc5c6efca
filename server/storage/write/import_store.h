// Imports of campaign files: the queue, how far each is, and what the reviews noticed.
#ifndef EGI_SERVER_STORAGE_WRITE_IMPORT_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_IMPORT_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/import.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// An import that this server works on.
struct ImportJob {
  feeding::v1::Import import;
  // Line of the file up to which everything is stored.
  int32_t done_row = 0;
  // The file. Holds personal data.
  std::string content;
};

// A page of anomalies: those behind `after`. Empty texts do not restrict.
struct AnomalyQuery {
  int32_t import_id = 0;
  std::string kind, severity;
  int32_t after = 0;  // ordinal
  int limit = 200;    // > 0
};

// Code of a lot, meal number 1..54 by day and moment (2 * jour + 1 or + 2).
using MealKey = std::pair<std::string, int32_t>;
// Prescribed dose (absent = none) and dose given, g per duck.
using MealDoses = std::pair<std::optional<double>, double>;

// Thread-safe; blocks on the database. Every call: UNAVAILABLE.
class ImportStore {
 public:
  virtual ~ImportStore() = default;

  // Queues a file; while an import of the same bytes (and the same dry_run) is not finished, answers that one. `info` is checked and holds the SHA-256.
  // Errors: FAILED_PRECONDITION (IMPORT_RUNNING: unfinished under another policy).
  virtual absl::StatusOr<feeding::v1::Import> Create(const feeding::v1::ImportInfo& info, const std::string& bytes, absl::Time now) = 0;

  // Newest first, those below `before` (0 = from the newest).
  virtual absl::StatusOr<std::vector<feeding::v1::Import>> List(int32_t before, int limit) = 0;
  // Errors: NOT_FOUND.
  virtual absl::StatusOr<feeding::v1::Import> Find(int32_t import_id) = 0;
  // With its report when it has one. Errors: NOT_FOUND.
  virtual absl::StatusOr<feeding::v1::GetImportResponse> FindReport(int32_t import_id) = 0;
  // With their ordinals, rising. Errors: NOT_FOUND (the import).
  virtual absl::StatusOr<std::vector<std::pair<int32_t, feeding::v1::ImportAnomaly>>> ListAnomalies(const AnomalyQuery& query) = 0;

  // The oldest unfinished import that nobody works on, leased to `owner` until now + lease; absent when there is none. Counts an attempt.
  virtual absl::StatusOr<std::optional<ImportJob>> Claim(const std::string& owner, absl::Time now, absl::Duration lease) = 0;
  // State, phase and counters of `import`, the anomalies noticed since the last call, and the lease to now + lease: all or nothing. Errors: ABORTED
  // (another server works on it).
  virtual absl::Status SaveProgress(const feeding::v1::Import& import, int32_t done_row, const std::vector<feeding::v1::ImportAnomaly>& noticed,
                                    const std::string& owner, absl::Time now, absl::Duration lease) = 0;
  // Replaces the report, and the anomalies of the lines behind `done_row` (0 = all) by those of `anomalies`. Answers how many lines up to `done_row` have
  // an anomaly of severity error. Errors: ABORTED.
  virtual absl::StatusOr<int32_t> SaveReport(int32_t import_id, const feeding::v1::ImportReport& report,
                                             const std::vector<feeding::v1::ImportAnomaly>& anomalies, int32_t done_row, const std::string& owner) = 0;
  // The lease to now + lease. Errors: ABORTED.
  virtual absl::Status Renew(int32_t import_id, const std::string& owner, absl::Time now, absl::Duration lease) = 0;
  // Ends an import as `import` says (done or failed) and forgets its file. Errors: ABORTED.
  virtual absl::Status Finish(const feeding::v1::Import& import, const std::string& owner, absl::Time now) = 0;
  // Gives the import back, so that it is claimed again at once.
  virtual absl::Status Release(int32_t import_id, const std::string& owner) = 0;

  // Why lots cannot be imported, by code, for those of `lots` (code, name of the feeder in the file) that cannot: known at another site, cancelled,
  // or fed by another feeder.
  virtual absl::StatusOr<std::map<std::string, std::string>> Conflicts(const std::vector<std::pair<std::string, std::string>>& lots) = 0;
  // The stored meals of the lots.
  virtual absl::StatusOr<std::map<MealKey, MealDoses>> KnownMeals(const std::vector<std::string>& codes) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<ImportStore> NewPostgresImportStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_IMPORT_STORE_H_
