// What is done with readings of references, whether a caller sends them or a station answers with them: judged, kept, or made a
// calibration.
#ifndef EGI_SERVER_API_QUALITY_GAUGE_DESK_H_
#define EGI_SERVER_API_QUALITY_GAUGE_DESK_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/command.pb.h"
#include "egi/quality/v1/device.pb.h"
#include "egi/quality/v1/gauge.pb.h"
#include "server/analyse/profile_book.h"
#include "server/gauge/rules.h"
#include "server/storage/write/command_store.h"
#include "server/storage/write/gauge_store.h"

namespace egi::api {

// What the gauge control needs besides its store.
struct GaugeOptions {
  gauge::GaugeRules rules;
  // Called after every write that may change whether a device may grade, before the call is answered. May block.
  std::function<void()> on_change = [] {};
};

// Where a piece of work is done; lives as long as that. All calls below block on the database and may fail with UNAVAILABLE.
struct GaugeDesk {
  storage::write::GaugeStore& store;
  storage::write::CommandStore& commands;
  const analyse::AnalysisBook& profiles;
  const GaugeOptions& options;
  absl::Time now;
};

// FAILED_PRECONDITION (NOT_CALIBRATED).
absl::Status NotCalibrated(const std::string& device_id);

// As GaugeService.CreateCalibration; `command_id`: the command it answers, or 0. Errors also: ALREADY_EXISTS (that answer was taken
// before).
absl::Status Calibrate(const GaugeDesk& desk, const quality::v1::CreateCalibrationRequest& request, int32_t command_id,
                       quality::v1::Calibration* response);

// As GaugeService.RecordGaugeCheck; `command_id` as above. Errors also: ALREADY_EXISTS (that answer was judged before), ABORTED.
absl::Status JudgeAndKeep(const GaugeDesk& desk, const quality::v1::RecordGaugeCheckRequest& request, int32_t command_id,
                          quality::v1::RecordGaugeCheckResponse* response);

// As GaugeService.MeasureReference: the command, kept for the station.
absl::StatusOr<quality::v1::DeviceCommandRecord> AskForReference(const GaugeDesk& desk, const quality::v1::MeasureReferenceRequest& request);

// Takes what a station answered to any command: readings of a reference become a check or a calibration, once however often they come, and
// the record of the command says which. Readings that cannot be judged refuse the command. Errors: those of CommandStore::Record;
// UNAVAILABLE and ABORTED leave the command open, so that the station is asked again.
absl::StatusOr<quality::v1::DeviceCommandRecord> TakeAnswer(const GaugeDesk& desk, const quality::v1::CommandResult& result);

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_GAUGE_DESK_H_
