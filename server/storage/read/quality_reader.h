// Reads the statistics of the quality control, the devices and the inspection queue.
#ifndef EGI_SERVER_STORAGE_READ_QUALITY_READER_H_
#define EGI_SERVER_STORAGE_READ_QUALITY_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/device.pb.h"
#include "egi/quality/v1/inspection.pb.h"
#include "egi/quality/v1/stats.pb.h"
#include "server/storage/read/lot_key.h"
#include "server/storage/read/stats_reader.h"

namespace egi::storage::read {

// What the health of the quality control is judged by.
struct QualityPulse {
  std::optional<absl::Time> newest_sample;  // device time; absent without samples
  int active_devices = 0;                   // heard of since `active_since`
};

// Where a page of the inspection queue ends.
struct PendingPlace {
  absl::Time date_abattage;
  int32_t id = 0;
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
class QualityReader : public StatsReader {
 public:
  // A device counts as active when it was heard of at or after `active_since`.
  virtual absl::StatusOr<QualityPulse> ReadPulse(absl::Time active_since) = 0;

  // The overview at `now`; `timestamp` is left empty.
  virtual absl::StatusOr<quality::v1::GetOverviewResponse> ReadOverview(absl::Time now) = 0;

  // Quality of a lot: figures over all its samples and the newest 50 without matrices, from one snapshot. Errors: NOT_FOUND.
  virtual absl::StatusOr<quality::v1::GetLotQualityResponse> ReadLotQuality(const LotKey& lot) = 0;

  // By id.
  virtual absl::StatusOr<std::vector<quality::v1::Device>> ListDevices(const std::string& site_code) = 0;

  // The device with its newest sample (no matrices) and the 24 hours before `now`, from one snapshot. Errors: NOT_FOUND.
  virtual absl::StatusOr<quality::v1::GetDeviceResponse> ReadDevice(const std::string& device_id, absl::Time now) = 0;

  // By slaughter date, those behind `after`. `status`: one of the states, empty = all, `claimable` = those that may be claimed at `now`.
  virtual absl::StatusOr<std::vector<quality::v1::PendingLot>> ListPendingLots(const std::string& status, const std::optional<PendingPlace>& after,
                                                                               int limit, absl::Time now) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_QUALITY_READER_H_
