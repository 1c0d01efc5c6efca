// The blocks of business metrics out of the newest samples. Pure.
#ifndef EGI_SERVER_API_QUALITY_BUSINESS_METRICS_H_
#define EGI_SERVER_API_QUALITY_BUSINESS_METRICS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "egi/quality/v1/business.pb.h"
#include "egi/quality/v1/gauge.pb.h"
#include "egi/quality/v1/record.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile_book.h"

namespace egi::api {

// Calibrations by device, newest first.
using Calibrations = std::map<std::string, std::vector<quality::v1::Calibration>>;

// `newest_first`: samples with matrices; those of an unknown profile are left out. `grades`: samples of the whole period by grade. The colour of a sample is
// seen against the white reference of the calibration that was valid when it was measured, without one against that of its profile.
quality::v1::GetBusinessMetricsResponse BusinessMetricsOf(const std::vector<quality::v1::SampleRecord>& newest_first,
                                                          const std::vector<std::pair<std::string, int>>& grades,
                                                          const analyse::AnalysisBook& book, const Calibrations& calibrations = {});

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_BUSINESS_METRICS_H_
