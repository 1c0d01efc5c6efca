// What the livers of a lot may be called: EU 543/2008 (foie gras at all) and the PGI of the South-West (sensors.md section 4). Pure.
#ifndef EGI_SERVER_PERFORMANCE_COMPLIANCE_H_
#define EGI_SERVER_PERFORMANCE_COMPLIANCE_H_

#include <vector>

#include "egi/feeding/v1/performance.pb.h"
#include "server/performance/facts.h"

namespace egi::performance {

inline constexpr char kEu[] = "ue_543_2008";
inline constexpr char kPgi[] = "igp_sud_ouest";

// Spread of liver weights inside a lot where none was measured: mean Sigma of the reference campaign (domain.md section 5).
inline constexpr double kUsualSigma = 0.160;

// The states of rules and labels, worst first.
inline constexpr const char* kVerdicts[] = {"non_conforme", "compromis", "inconnu", "en_bonne_voie", "conforme"};

// Both labels, EU first. A rule is told as soon as the outcome is certain, and before as it stands by the plan: a lot of 9 planned days is `compromis` when it is
// opened, one of 10 days after its first skipped meal (19 of the 20 meals remain). `itm` is the figure of the same lot: its liver weight is the one judged.
std::vector<feeding::v1::LabelCompliance> ComplianceOf(const LotFacts& facts, const feeding::v1::ItmFigure& itm);

// Share of livers below `limit_g`, percent, for normally distributed weights of mean `mean_g` > 0 and coefficient of variation `cv` > 0.
double ShareBelow(double limit_g, double mean_g, double cv);

}  // namespace egi::performance

#endif  // EGI_SERVER_PERFORMANCE_COMPLIANCE_H_
