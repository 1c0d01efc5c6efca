// The server's own measurement of a sample, in the form that is stored and told. Pure.
#ifndef EGI_SERVER_ANALYSE_COMPUTATION_H_
#define EGI_SERVER_ANALYSE_COMPUTATION_H_

#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile.h"

namespace egi::analyse {

// A station that knows what livers its lot should have says so under this key of its ToF analysis' details, mm3.
inline constexpr char kExpectedVolume[] = "expected_volume_mm3";

// Recompute of a validated sample, whatever it declares, for the volume its station expects.
quality::v1::Computation Compute(const quality::v1::Sample& sample, const AnalysisProfile& profile);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_COMPUTATION_H_
