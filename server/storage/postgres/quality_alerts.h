// Alerts of samples: one open alert a (type, object); repeats are counted.
#ifndef EGI_SERVER_STORAGE_POSTGRES_QUALITY_ALERTS_H_
#define EGI_SERVER_STORAGE_POSTGRES_QUALITY_ALERTS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/sample.pb.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/analyse/verdict.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/copy_writer.h"

namespace egi::storage {

// Collects the alert candidates of one batch, then writes them. Used within one transaction.
class QualityAlerts {
 public:
  // `item` is an index of the caller's. `graded` must live until Write.
  void Add(size_t item, const quality::v1::GradedSample& graded, const std::vector<analyse::AlertCandidate>& candidates);

  struct Opened {
    size_t item = 0;  // whose candidate opened it
    realtime::v1::AlertEvent event;
  };
  // Counts repeats in alert_open and opens the rest, with rows of sqal_alerts whose ordinals start at `first_ordinal`.
  absl::StatusOr<std::vector<Opened>> Write(Connection* connection, CopyWriter* copy, int64_t batch_id, int32_t first_ordinal);

 private:
  struct Fold {
    size_t item = 0;
    const quality::v1::GradedSample* graded = nullptr;
    const analyse::AlertCandidate* candidate = nullptr;
    int64_t occurrences = 0;
    absl::Time last;
    int64_t alert_id = 0;
  };
  using Key = std::pair<std::string, std::string>;  // type, object

  absl::Status CountRepeats(Connection* connection, std::map<Key, Fold>* fresh);
  absl::Status Open(Connection* connection, std::map<Key, Fold>* fresh);

  std::map<Key, Fold> folds_;
};

// The name of a severity in sqal_alerts: info, warning or critical (important counts as warning).
const char* QualitySeverity(analyse::Severity severity);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_QUALITY_ALERTS_H_
