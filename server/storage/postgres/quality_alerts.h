// Alerts of samples: one open alert a (type, object); repeats are counted, a measure back in range closes it.
#ifndef EGI_SERVER_STORAGE_POSTGRES_QUALITY_ALERTS_H_
#define EGI_SERVER_STORAGE_POSTGRES_QUALITY_ALERTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/sample.pb.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/analyse/verdict.h"
#include "server/storage/alert_fold.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/copy_writer.h"

namespace egi::storage {

// Collects the verdicts of one batch in the order of its samples, then plays them against the open alerts: one read of the open alerts
// a batch. Used within one transaction.
class QualityAlerts {
 public:
  // `now` is the time of the transaction; `clear_after` the samples in range that close an alert, >= 1.
  QualityAlerts(absl::Time now, int clear_after) : now_(now), fold_(now, clear_after) {}

  // `item` is an index of the caller's. `graded` and `verdict` must live until Write.
  void Add(size_t item, const quality::v1::GradedSample& graded, const analyse::SampleVerdict& verdict);

  struct Result {
    std::vector<size_t> openers;  // items that opened an alert, one each
    std::vector<realtime::v1::AlertEvent> events;
  };
  // Writes what changed. The events, openings first, take the ordinals from `first_ordinal` on.
  absl::StatusOr<Result> Write(Connection* connection, CopyWriter* copy, int64_t batch_id, int32_t first_ordinal);

 private:
  struct Verdict {
    size_t item;
    const quality::v1::GradedSample* graded;
    const analyse::SampleVerdict* verdict;
  };

  std::vector<std::string> Objects() const;
  absl::Status WriteRow(const FoldedAlert& alert, const quality::v1::GradedSample& graded, CopyWriter* copy, int64_t batch_id, int32_t ordinal);

  const absl::Time now_;
  AlertFold fold_;
  std::vector<Verdict> verdicts_;
  bool candidates_ = false;
};

// The name of a severity in sqal_alerts: info, warning or critical (important counts as warning).
const char* QualitySeverity(analyse::Severity severity);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_QUALITY_ALERTS_H_
