// The rare parts of a sample, as the JSON column sqal_samples.details.
#ifndef EGI_SERVER_STORAGE_POSTGRES_SAMPLE_DETAILS_H_
#define EGI_SERVER_STORAGE_POSTGRES_SAMPLE_DETAILS_H_

#include <string>

#include "absl/status/status.h"
#include "egi/quality/v1/sample.pb.h"

namespace egi::storage {

// Appends a JSON object of everything `graded` holds beside the columns: analyses under the names of sqal_sensor_samples
// (vl53l8ch_defects, as7341_score_breakdown, ...), location, lot_abattage, and under "sent" what the message said where it
// differs from the column. Nothing is appended when there is nothing.
void AppendSampleDetails(const quality::v1::GradedSample& graded, std::string* json);

// The inverse: completes a sample read from the columns. Errors: DATA_LOSS.
absl::Status ApplySampleDetails(const std::string& json, quality::v1::GradedSample* graded);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_SAMPLE_DETAILS_H_
