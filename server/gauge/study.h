// Gauge R&R studies: from measurements in any order to the analysis of variance and back.
#ifndef EGI_SERVER_GAUGE_STUDY_H_
#define EGI_SERVER_GAUGE_STUDY_H_

#include "absl/status/statusor.h"
#include "egi/quality/v1/gauge.pb.h"

namespace egi::gauge {

// The study and its result, without number and time. Errors: INVALID_ARGUMENT naming every bad field, and the first part and appraiser with
// a wrong number of measurements; FAILED_PRECONDITION (NO_VARIATION: all values are equal).
absl::StatusOr<quality::v1::GaugeStudy> AnalyseStudy(const quality::v1::CreateGaugeStudyRequest& request);

}  // namespace egi::gauge

#endif  // EGI_SERVER_GAUGE_STUDY_H_
