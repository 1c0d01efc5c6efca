// Keeps calibrations, checks, the standing of the enrolled stations, and studies.
#ifndef EGI_SERVER_STORAGE_WRITE_GAUGE_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_GAUGE_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/gauge.pb.h"
#include "server/gauge/gate.h"
#include "server/gauge/rules.h"
#include "server/gauge/standing.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// A device as the gauge control sees it.
struct GaugeDevice {
  std::string config_profile;
  std::optional<quality::v1::Calibration> calibration;  // in force; absent = not enrolled
};

// A page, newest first.
struct GaugePage {
  std::string device_id;
  std::string kind;       // empty = all
  int32_t before_id = 0;  // only smaller numbers; 0 = from the newest
  int limit = 100;        // > 0
};

// Thread-safe; blocks on the database. Errors of every call: UNAVAILABLE; of those that name a device: NOT_FOUND (DEVICE_NOT_FOUND).
// A write that changes whether a device may grade tells the station (GradingPermission) and opens or closes the alert `out_of_calibration`, all in
// one transaction.
class GaugeStore {
 public:
  virtual ~GaugeStore() = default;

  virtual absl::StatusOr<GaugeDevice> ReadDevice(const std::string& device_id) = 0;

  // Gives the calibration the next number, and sends it to the station. All fields but calibration_id and created_at are set. Errors:
  // FAILED_PRECONDITION (DEVICE_RETIRED), ALREADY_EXISTS (one was made of the answer to that command).
  virtual absl::StatusOr<quality::v1::Calibration> AddCalibration(const quality::v1::Calibration& calibration, absl::Time now) = 0;
  virtual absl::StatusOr<std::vector<quality::v1::Calibration>> ListCalibrations(const GaugePage& page) = 0;

  // Keeps a judged check; `raw` is the request. Answers it with its number and the device after it. Errors: ABORTED (another calibration came into force
  // since the check was judged), ALREADY_EXISTS (the answer to that command was judged before).
  virtual absl::StatusOr<quality::v1::RecordGaugeCheckResponse> AddCheck(const quality::v1::GaugeCheck& check, const std::string& raw,
                                                                         absl::Time now) = 0;
  virtual absl::StatusOr<std::vector<quality::v1::GaugeCheck>> ListChecks(const GaugePage& page) = 0;
  // Of one kind since a calibration, oldest first, at most the newest 500.
  virtual absl::StatusOr<std::vector<gauge::ChartedCheck>> ReadChart(const std::string& device_id, int32_t calibration_id, const std::string& kind) = 0;

  virtual absl::StatusOr<quality::v1::GaugeStatus> ReadStatus(const std::string& device_id) = 0;
  // Enrolled devices by id.
  virtual absl::StatusOr<std::vector<quality::v1::GaugeStatus>> ListStatuses(bool only_refused) = 0;

  // Brings the standing of devices up to date whose calibration began or ended to be valid, and answers all enrolled devices.
  virtual absl::StatusOr<gauge::EnrolledDevices> Refresh(absl::Time now) = 0;

  // Answers the study with its number. It carries its measurements.
  virtual absl::StatusOr<quality::v1::GaugeStudy> AddStudy(const quality::v1::GaugeStudy& study, absl::Time now) = 0;
  // Without measurements; device_id and kind do not count.
  virtual absl::StatusOr<std::vector<quality::v1::GaugeStudy>> ListStudies(const GaugePage& page) = 0;
  // Errors: NOT_FOUND (STUDY_NOT_FOUND).
  virtual absl::StatusOr<quality::v1::GaugeStudy> ReadStudy(int32_t study_id) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<GaugeStore> NewPostgresGaugeStore(Pool& pool, const gauge::GaugeRules& rules);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_GAUGE_STORE_H_
