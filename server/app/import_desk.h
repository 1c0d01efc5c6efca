// Works imports off in a thread of its own, as long as the server lives.
#ifndef EGI_SERVER_APP_IMPORT_DESK_H_
#define EGI_SERVER_APP_IMPORT_DESK_H_

#include <memory>

#include "server/base/clock.h"
#include "server/base/periodic_task.h"
#include "server/imports/import_runner.h"
#include "server/persist/write.h"
#include "server/storage/postgres/pool.h"
#include "server/telemetry/log.h"

namespace egi::app {

// Begins to work when made; the destructor waits for the step under way and gives the import back to the queue.
class ImportDesk {
 public:
  // All must outlive it.
  ImportDesk(storage::Pool* pool, persist::MealSink* meals, const Clock* clock, const telemetry::Log* log);
  ~ImportDesk();

 private:
  std::chrono::nanoseconds Step();

  const telemetry::Log* const log_;
  const std::unique_ptr<storage::write::ImportStore> store_;
  const std::unique_ptr<storage::write::LotStore> lots_;
  imports::ImportRunner runner_;
  std::unique_ptr<PeriodicTask> task_;
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_IMPORT_DESK_H_
