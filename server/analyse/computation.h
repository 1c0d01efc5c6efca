// The server's own measurement of a sample, in the form that is stored and told. Pure.
#ifndef EGI_SERVER_ANALYSE_COMPUTATION_H_
#define EGI_SERVER_ANALYSE_COMPUTATION_H_

#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile.h"
#include "server/analyse/recompute.h"

namespace egi::analyse {

// A station that knows what livers its lot should have says so under this key of its ToF analysis' details, mm3.
inline constexpr char kExpectedVolume[] = "expected_volume_mm3";

// Recompute of a validated sample, whatever it declares, for the volume its station expects.
Analysis MeasureAgain(const quality::v1::Sample& sample, const AnalysisProfile& profile);

// The part that is stored beside the declared values.
quality::v1::Computation ToComputation(const Analysis& analysis);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_COMPUTATION_H_
