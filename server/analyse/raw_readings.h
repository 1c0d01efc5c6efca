// The raw readings of a stored sample.
#ifndef EGI_SERVER_ANALYSE_RAW_READINGS_H_
#define EGI_SERVER_ANALYSE_RAW_READINGS_H_

#include "egi/quality/v1/record.pb.h"
#include "egi/quality/v1/sample.pb.h"

namespace egi::analyse {

// Frame and spectrum of a sample that was read with its matrices, as the analysis takes them; nothing else of it is filled.
quality::v1::Sample RawReadings(const quality::v1::SampleRecord& record);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_RAW_READINGS_H_
