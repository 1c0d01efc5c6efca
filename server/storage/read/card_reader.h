// Reads the counts of the dashboard's cards.
#ifndef EGI_SERVER_STORAGE_READ_CARD_READER_H_
#define EGI_SERVER_STORAGE_READ_CARD_READER_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace egi::storage::read {

// Samples by device time.
struct Cards {
  int total = 0;
  int today = 0;      // from `midnight` on
  int week = 0;       // 7 days, from the beginning of an hour on
  int month = 0;      // 30 days, likewise
  int last_hour = 0;  // to the microsecond
  std::optional<double> score_yesterday;  // mean fused score of 24 whole hours, the day before the last 24; absent without samples
  int recent_alerts = 0;                  // quality alerts of the last 24 hours
};

// Thread-safe; blocks on the database.
class CardReader {
 public:
  virtual ~CardReader() = default;

  // Errors: UNAVAILABLE.
  virtual absl::StatusOr<Cards> ReadCards(absl::Time now, absl::Time midnight) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_CARD_READER_H_
