// The daily care of the database.
#ifndef EGI_SERVER_APP_MAINTENANCE_H_
#define EGI_SERVER_APP_MAINTENANCE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/periodic_task.h"
#include "server/storage/postgres/pool.h"
#include "server/telemetry/log.h"

namespace egi::app {

// Both may run from several servers at once, and wait at most 5 s for a lock, so that nobody waits long behind them. Errors: those of Pool::Write.

// Makes the partitions of [now - 14 days, now + 28 days], so that rows do not gather in the default partition.
absl::Status MakePartitions(storage::Pool* pool, absl::Time now);
// Drops what database.md lets expire: samples after 90 days, quality alerts 180 days, rejections 90 days, batches 7 days.
absl::Status ApplyRetention(storage::Pool* pool, absl::Time now);

// Makes partitions at once, and both 1 hour later and then every day: a server that starts again and again drops nothing, so old readings that a
// producer is still sending stay whole. Tries again 10 minutes after a failure, which it logs.
class Maintenance {
 public:
  Maintenance(storage::Pool* pool, const Clock* clock, const telemetry::Log* log);

 private:
  PeriodicTask task_;
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_MAINTENANCE_H_
