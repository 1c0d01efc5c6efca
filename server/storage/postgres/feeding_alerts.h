// Alerts of meals: one open alert a (type, lot); repeats are counted, a worse repeat replaces it, a measure back in range closes it.
#ifndef EGI_SERVER_STORAGE_POSTGRES_FEEDING_ALERTS_H_
#define EGI_SERVER_STORAGE_POSTGRES_FEEDING_ALERTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/analyse/verdict.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/copy_writer.h"

namespace egi::storage {

// Collects the verdicts of one batch in the order of its meals, then plays them against the open alerts. Used within one transaction.
class FeedingAlerts {
 public:
  // `item` is an index of the caller's; `late`: a newer meal of the lot is known, so a measure in range closes nothing.
  void Add(size_t item, const feeding::v1::RecordedMeal& meal, analyse::MealVerdict verdict, bool late);

  struct Opened {
    size_t item = 0;
    realtime::v1::AlertEvent event;
  };
  // Reads the open alerts concerned, applies the verdicts and writes what changed. Rows of opened alerts take the ordinals from
  // `first_ordinal` on.
  absl::StatusOr<std::vector<Opened>> Write(Connection* connection, CopyWriter* copy, int64_t batch_id, int32_t first_ordinal);

 private:
  struct Verdict {
    size_t item = 0;
    feeding::v1::RecordedMeal meal;
    analyse::MealVerdict verdict;
    bool late = false;
  };
  using Key = std::pair<std::string, std::string>;  // type, object
  struct Alert {
    Key key;
    int64_t id = 0;
    absl::Time time;  // of the row
    absl::Time last;
    int64_t occurrences = 0;
    analyse::Severity severity = analyse::Severity::kInfo;
    bool stored = false;       // stands in alert_open since an earlier transaction
    bool changed = false;
    absl::Time closed = absl::InfiniteFuture();
    size_t verdict = 0;        // that opened it, when not stored
    size_t candidate = 0;
  };

  absl::Status LoadOpen(Connection* connection);
  void Apply();
  // One occurrence: counts in the open alert, or opens one when there is none or only a milder one.
  void Count(size_t verdict, size_t candidate);
  void Close(Alert* alert, absl::Time time);
  absl::Status GiveIds(Connection* connection);
  absl::Status WriteOpen(Connection* connection);
  absl::Status WriteClosed(Connection* connection);
  absl::StatusOr<std::vector<Opened>> WriteRows(Connection* connection, CopyWriter* copy, int64_t batch_id, int32_t first_ordinal);

  std::vector<Verdict> verdicts_;
  std::vector<Alert> alerts_;
  std::map<Key, size_t> open_;  // into alerts_
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_FEEDING_ALERTS_H_
