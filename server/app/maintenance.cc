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

Maintenance::Maintenance(storage::Pool* pool, const Clock* clock, const telemetry::Log* log)
    : task_([pool, clock, log, started = false]() mutable -> std::chrono::nanoseconds {
        absl::Status status = MakePartitions(pool, clock->Now());
        if (status.ok() && !started) {
          started = true;
          return std::chrono::hours(1);
        }
        if (status.ok()) status = ApplyRetention(pool, clock->Now());
        if (status.ok()) return std::chrono::hours(24);
        log->Warning("the daily care of the database failed; it is tried again in 10 minutes", {{"cause", std::string(status.message())}});
        return std::chrono::minutes(10);
      }) {}

}  // namespace egi::app
