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

// Makes the partitions of [now - 14 days, now + 28 days], so that rows do not gather in the default partition, then drops what database.md
// lets expire (samples 90 days, quality alerts 180 days, rejections 90 days, batches 7 days). Safe to run from several servers at once. Waits at
// most 5 s for a lock, so that nobody waits long behind it. Errors: those of Pool::Write.
absl::Status MaintainDatabase(storage::Pool* pool, absl::Time now);

// Runs MaintainDatabase at once and every day; 10 minutes after a failure, which it logs.
class Maintenance {
 public:
  Maintenance(storage::Pool* pool, const Clock* clock, const telemetry::Log* log);

 private:
  PeriodicTask task_;
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_MAINTENANCE_H_
