// Reads the requests of the gauge control: every bad field in one answer.
#ifndef EGI_SERVER_API_QUALITY_GAUGE_REQUESTS_H_
#define EGI_SERVER_API_QUALITY_GAUGE_REQUESTS_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/command.pb.h"
#include "egi/quality/v1/gauge.pb.h"
#include "server/api/fields.h"

namespace egi::api {

// The calibration a request describes, without number.
quality::v1::Calibration ParseCalibration(const quality::v1::CreateCalibrationRequest& request, absl::Time now, Fields& fields);

// What the station is asked for; `usual_readings` when the request names no number.
quality::v1::ReferenceRequest ParseReference(const quality::v1::MeasureReferenceRequest& request, int usual_readings, Fields& fields);

// Time of the check; notes everything that keeps the request from being judged, but for its place after the calibration.
absl::Time ParseCheck(const quality::v1::RecordGaugeCheckRequest& request, absl::Time now, Fields& fields);

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_GAUGE_REQUESTS_H_
