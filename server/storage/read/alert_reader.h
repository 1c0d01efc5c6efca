// Reads the alerts of both origins.
#ifndef EGI_SERVER_STORAGE_READ_ALERT_READER_H_
#define EGI_SERVER_STORAGE_READ_ALERT_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/alert.pb.h"
#include "egi/quality/v1/alert.pb.h"

namespace egi::storage::read {

// Place of an alert in the order newest first: (time, id), both falling.
struct AlertPosition {
  absl::Time time;
  int64_t id = 0;
};

// A page of feeding alerts. Empty strings do not restrict.
struct FeedingAlertQuery {
  std::string niveau;
  std::string site_code;
  std::string severite;  // info, warning, important or critique
  std::optional<bool> acquittee;
  std::string state;     // open, acknowledged, shelved or closed
  int32_t lot_id = 0;    // 0 = all
  int32_t gaveur_id = 0; // 0 = all
  bool active_only = false;  // neither closed nor acknowledged
  std::optional<AlertPosition> after;
  absl::Time now;  // decides what is shelved
  int limit = 50;  // > 0
};

// So many alerts of one kind.
struct AlertCount {
  std::string severite;
  std::string type;
  bool acquittee = false;
  bool closed = false;
  int count = 0;
  absl::Time newest;  // occurrence
};

// A page of quality alerts. Empty strings do not restrict.
struct QualityAlertQuery {
  absl::Time start;  // inclusive
  absl::Time end;    // exclusive
  std::string severity;
  std::optional<bool> is_acknowledged;
  std::string state;  // open, acknowledged, shelved or closed
  std::optional<AlertPosition> after;
  absl::Time now;  // decides what is shelved
  int limit = 100;  // > 0
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
class AlertReader {
 public:
  virtual ~AlertReader() = default;

  // Newest first. `description` is left empty.
  virtual absl::StatusOr<std::vector<feeding::v1::FeedingAlert>> ListFeedingAlerts(const FeedingAlertQuery& query) = 0;

  // Feeding alerts of a lot (lot_id > 0) or of a feeder (gaveur_id > 0).
  virtual absl::StatusOr<std::vector<AlertCount>> CountFeedingAlerts(int32_t lot_id, int32_t gaveur_id) = 0;

  // Newest first.
  virtual absl::StatusOr<std::vector<quality::v1::QualityAlert>> ListQualityAlerts(const QualityAlertQuery& query) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_ALERT_READER_H_
