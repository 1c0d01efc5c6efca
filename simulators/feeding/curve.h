// Prescribed doses: what a duck should get at each meal, by the reference curves of //server/curves.
#ifndef EGI_SIMULATORS_FEEDING_CURVE_H_
#define EGI_SIMULATORS_FEEDING_CURVE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "simulators/feeding/random.h"

namespace egi::feeding_simulator {

enum class Breed { kMulard, kBarbarie, kPekin };

// Name on the wire: Mulard, Barbarie, Pékin.
std::string BreedName(Breed breed);

enum class CurveMode {
  kStrain,  // medians of the real campaign per strain (domain.md section 7.2), resampled to 2 * days meals
  kLinear,  // 200 -> 460 g in the morning, 210 -> 490 g in the evening, the same for every breed (section 7.3)
};

// "strain" or "seed" ("linear" is the same); INVALID_ARGUMENT otherwise.
absl::StatusOr<CurveMode> ParseCurveMode(const std::string& name);

// Prescribed doses of meals 1..2*days, g per duck. `days` is 9..14. Strain mode takes Mulard = CF80*, Barbarie = PKL*, Pékin = PKL* x 0.97, an
// assumption of section 7.3: the campaign has no Barbarie and no Pékin lot.
std::vector<double> PrescribedDoses(CurveMode mode, Breed breed, int days);

// Relative gap of a dose really given, e.g. -0.009. Strain mode draws from the quantiles measured in the campaign (section 7.2),
// linear mode from U(-0.05, 0.05) (section 7.3).
double DrawDoseGap(CurveMode mode, Random& random);

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_CURVE_H_
