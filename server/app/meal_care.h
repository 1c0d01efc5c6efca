// Looks after lots that are being fed: meals that do not come.
#ifndef EGI_SERVER_APP_MEAL_CARE_H_
#define EGI_SERVER_APP_MEAL_CARE_H_

#include <memory>

#include "absl/time/time.h"
#include "server/analyse/rules.h"
#include "server/base/clock.h"
#include "server/base/periodic_task.h"
#include "server/storage/postgres/pool.h"
#include "server/storage/write/meal_watch.h"
#include "server/telemetry/log.h"

namespace egi::app {

// Start and Stop from one thread.
class MealCare {
 public:
  // All but the values must outlive it.
  struct Options {
    storage::Pool* pool = nullptr;
    const Clock* clock = nullptr;
    const telemetry::Log* log = nullptr;
    analyse::MealRules rules;
    absl::Duration settle;  // listened before a lot of the wall clock is called silent
  };
  explicit MealCare(Options options);

  // One look after the other from now on, until stopped.
  void Start();
  void Stop();

 private:
  const Options options_;
  const std::unique_ptr<storage::write::MealWatch> watch_;
  std::unique_ptr<PeriodicTask> task_;  // last: stops before the watch goes
};

}  // namespace egi::app

#endif  // EGI_SERVER_APP_MEAL_CARE_H_
