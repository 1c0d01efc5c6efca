// Alerts of meals: one open alert a (type, lot); repeats are counted, a worse one replaces it, a measure back in range closes it.
#ifndef EGI_SERVER_STORAGE_POSTGRES_FEEDING_ALERTS_H_
#define EGI_SERVER_STORAGE_POSTGRES_FEEDING_ALERTS_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/analyse/verdict.h"
#include "server/storage/alert_fold.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/copy_writer.h"

namespace egi::storage {

// Collects the verdicts of one batch in the order of its meals, then plays them against the open alerts. Used within one transaction.
class FeedingAlerts {
 public:
  // `item` is an index of the caller's; `late`: a newer meal of the lot is known, so a measure in range closes nothing.
  void Add(size_t item, const feeding::v1::RecordedMeal& meal, analyse::MealVerdict verdict, bool late);

  struct Result {
    std::vector<size_t> openers;  // items that opened an alert, one each
    std::vector<realtime::v1::AlertEvent> events;
  };
  // Reads the open alerts concerned, applies the verdicts and writes what changed. The events, openings first, take the ordinals from
  // `first_ordinal` on. `now` is the time of the transaction; `clear_after` the meals in range that close an alert, >= 1.
  absl::StatusOr<Result> Write(Connection* connection, CopyWriter* copy, int64_t batch_id, int32_t first_ordinal, absl::Time now,
                               int clear_after);

 private:
  struct Verdict {
    size_t item = 0;
    feeding::v1::RecordedMeal meal;
    analyse::MealVerdict verdict;
    bool late = false;
  };

  absl::Status WriteRow(const FoldedAlert& alert, const feeding::v1::RecordedMeal& recorded, CopyWriter* copy, int64_t batch_id,
                        int32_t ordinal);

  std::deque<Verdict> verdicts_;  // their candidates keep their addresses
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_FEEDING_ALERTS_H_
