// The blocks of business metrics out of the newest samples. Pure.
#ifndef EGI_SERVER_API_BUSINESS_METRICS_H_
#define EGI_SERVER_API_BUSINESS_METRICS_H_

#include <string>
#include <utility>
#include <vector>

#include "egi/quality/v1/business.pb.h"
#include "egi/quality/v1/record.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile_book.h"

namespace egi::api {

// Raw readings of a stored sample (with its matrices), as the analysis takes them.
quality::v1::Sample RawReadings(const quality::v1::SampleRecord& record);

// `newest_first`: samples with matrices; those of an unknown profile are left out. `grades`: samples of the whole period by grade.
quality::v1::GetBusinessMetricsResponse BusinessMetricsOf(const std::vector<quality::v1::SampleRecord>& newest_first,
                                                          const std::vector<std::pair<std::string, int>>& grades,
                                                          const analyse::AnalysisBook& book);

}  // namespace egi::api

#endif  // EGI_SERVER_API_BUSINESS_METRICS_H_
