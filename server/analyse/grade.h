// Grades and the fusion of the two scores (domain.md sections 11 and 12), shared by the server and the stations.
#ifndef EGI_SERVER_ANALYSE_GRADE_H_
#define EGI_SERVER_ANALYSE_GRADE_H_

#include "absl/strings/string_view.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/rules.h"

namespace egi::analyse {

// Grade of a score in 0..1: A+, A, B, C or REJECT.
const char* GradeOf(double score, const GradeBounds& bounds = {});

// True for A+, A and B.
bool IsCompliant(absl::string_view grade);

// Removes the noise of binary fractions (1e-9), so that 0.6 * 0.6 + 0.4 * 0.6 is 0.6 and meets its bound.
double CleanScore(double score);

// Fuses the analyses of a sample: final = weight_tof * ToF + weight_spectral * spectral, rounded to 1e-9. REJECT whatever the
// score when a foreign body is more severe than the rules allow or one sensor's own score lies below the bound of C. A sensor without
// analysis leaves the score to the other one and lowers the confidence; without any, the score is 0 (REJECT).
quality::v1::Fusion Fuse(const quality::v1::Sample& sample, const SampleRules& rules = {});

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_GRADE_H_
