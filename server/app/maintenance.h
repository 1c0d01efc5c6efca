// The daily care of the database.
#ifndef EGI_SERVER_APP_MAINTENANCE_H_
#define EGI_SERVER_APP_MAINTENANCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/periodic_task.h"
#include "server/storage/postgres/pool.h"
#include "server/telemetry/log.h"

namespace egi::app {

// Both may run from several servers at once, and wait at most 5 s for a lock, so that nobody waits long behind them. Errors: those of
// Pool::Write.

// Makes the partitions of [now - 14 days, now + 28 days], so that rows do not gather in the default partition.
absl::Status MakePartitions(storage::Pool* pool, absl::Time now);
// Drops what has expired: samples 90 days and quality alerts 180 days after they were measured and stored, rejections after 90 days,
// batches after 7. Statistics are kept.
absl::Status ApplyRetention(storage::Pool* pool, absl::Time now);

// A job of the database (compression, aggregates) whose last run failed. Plain PostgreSQL has none.
struct FailingJob {
  std::string job;
  int64_t failures = 0;    // so far
  std::string last_error;  // empty when the database no longer knows
};
absl::StatusOr<std::vector<FailingJob>> FailingJobs(storage::Pool* pool);

// Makes partitions at once, and both 1 hour later and then every day: a server that starts again and again drops nothing, so old readings
// that a producer is still sending stay whole. Warns of failing jobs of the database. Tries again 10 minutes after a failure, which it
// logs.
class Maintenance {
 public:
  Maintenance(storage::Pool* pool, const Clock* clock, const telemetry::Log* log);

 private:
  PeriodicTask task_;
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_MAINTENANCE_H_
