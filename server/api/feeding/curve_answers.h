// What the API says of a lot as its curves see it.
#ifndef EGI_SERVER_API_FEEDING_CURVE_ANSWERS_H_
#define EGI_SERVER_API_FEEDING_CURVE_ANSWERS_H_

#include <optional>
#include <vector>

#include "egi/feeding/v1/curve.pb.h"
#include "server/curves/course.h"

namespace egi::api {

// Every day from the first to the newest; days and meals skipped inside the series are marked.
std::vector<feeding::v1::RealDay> RealDaysOf(const curves::LotCourse& lot);

feeding::v1::PredictiveCurve PredictiveOf(const curves::LotCourse& lot);

feeding::v1::Conformity ConformityMessage(const curves::LotCourse& lot);

// Newest first.
std::vector<feeding::v1::DoseCorrection> CorrectionMessages(const curves::LotCourse& lot);

// `theoretical`: in force, else the newest; nullopt when the lot has none.
feeding::v1::CurveDashboard DashboardOf(const curves::LotCourse& lot, const std::optional<feeding::v1::TheoreticalCurve>& theoretical);

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_CURVE_ANSWERS_H_
