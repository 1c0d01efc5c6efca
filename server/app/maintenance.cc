#include "server/app/maintenance.h"

#include <chrono>
#include <string>

#include "server/storage/postgres/sql_time.h"

namespace egi::app {
namespace {

constexpr absl::Duration kBehind = absl::Hours(14 * 24);
constexpr absl::Duration kAhead = absl::Hours(28 * 24);

// A partition is dropped or attached under a lock on its table: whoever waits for it holds later ones up. Trimming ledgers may take longer
// than a call does.
constexpr char kPatience[] = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10min'";

}  // namespace

absl::Status MakePartitions(storage::Pool* pool, absl::Time now) {
  return pool->Write([now](pqxx::transaction_base& transaction) {
    transaction.exec0(kPatience);
    transaction.exec_params1("SELECT egi_ensure_partitions($1::timestamptz, $2::timestamptz)", storage::SqlTime(now - kBehind),
                             storage::SqlTime(now + kAhead));
    return absl::OkStatus();
  });
}

absl::Status ApplyRetention(storage::Pool* pool, absl::Time now) {
  return pool->Write([now](pqxx::transaction_base& transaction) {
    transaction.exec0(kPatience);
    transaction.exec_params1("SELECT egi_apply_retention($1::timestamptz)", storage::SqlTime(now));
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<FailingJob>> FailingJobs(storage::Pool* pool) {
  std::vector<FailingJob> jobs;
  const absl::Status status = pool->Read([&jobs](pqxx::transaction_base& transaction) {
    jobs.clear();
    for (const pqxx::row& row : transaction.exec("SELECT job, failures, coalesce(last_error, '') FROM egi_failing_jobs() ORDER BY job")) {
      jobs.push_back({row[0].as<std::string>(), row[1].as<int64_t>(), row[2].as<std::string>()});
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return jobs;
}

Maintenance::Maintenance(storage::Pool* pool, const Clock* clock, const telemetry::Log* log)
    : task_([pool, clock, log, started = false]() mutable -> std::chrono::nanoseconds {
        absl::Status status = MakePartitions(pool, clock->Now());
        if (status.ok() && !started) {
          started = true;
          return std::chrono::hours(1);
        }
        if (status.ok()) status = ApplyRetention(pool, clock->Now());
        if (status.ok()) {
          const auto jobs = FailingJobs(pool);
          status = jobs.status();
          for (size_t i = 0; jobs.ok() && i < jobs->size(); ++i) {
            log->Warning("a background job of the database fails; answers stay right but become slower, and samples are not compressed",
                         {{"job", (*jobs)[i].job}, {"cause", (*jobs)[i].last_error}});
          }
        }
        if (status.ok()) return std::chrono::hours(24);
        log->Warning("the daily care of the database failed; it is tried again in 10 minutes", {{"cause", std::string(status.message())}});
        return std::chrono::minutes(10);
      }) {}

}  // namespace egi::app
