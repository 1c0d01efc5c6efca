// Notices meals that do not come. Everything it knows is in the database, so several servers may watch, and a restart forgets nothing.
#ifndef EGI_SERVER_STORAGE_WRITE_MEAL_WATCH_H_
#define EGI_SERVER_STORAGE_WRITE_MEAL_WATCH_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/analyse/rules.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// Thread-safe; blocks on the database.
class MealWatch {
 public:
  virtual ~MealWatch() = default;

  // One look at every lot that is being fed, or was opened and not fed yet, on the clock of the lot: `now`, or, of a lot that a simulator announced, the newest meal of
  // the stream that feeds it. Reads only, unless something is to be told.
  // Opens the alerts silence and repas_manquant, makes them worse, and counts further meals that are missed; it closes those of lots that are no longer fed. All
  // other closing is done by the meals themselves. `settled` false: only simulated lots are looked at, because meals of the others may still be on their way.
  // Answers how many alerts were opened or closed. Errors: UNAVAILABLE.
  virtual absl::StatusOr<int> Look(absl::Time now, bool settled) = 0;
};

// On PostgreSQL. `pool` must outlive the watch.
std::unique_ptr<MealWatch> NewPostgresMealWatch(Pool& pool, const analyse::MealRules& rules);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_MEAL_WATCH_H_
