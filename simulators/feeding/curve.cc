#include "simulators/feeding/curve.h"

#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/curves/reference.h"

namespace egi::feeding_simulator {
namespace {

// domain.md section 7.2: quantiles of (real - prescribed) / prescribed. The extremes beyond 1 % and 99 % are not drawn.
struct Quantile {
  double probability;
  double gap;
};
constexpr std::array<Quantile, 7> kGapQuantiles = {{{0.01, -0.068},
                                                    {0.05, -0.037},
                                                    {0.25, -0.009},
                                                    {0.50, 0.0},
                                                    {0.75, 0.005},
                                                    {0.95, 0.022},
                                                    {0.99, 0.037}}};

}  // namespace

std::string BreedName(Breed breed) {
  switch (breed) {
    case Breed::kMulard:
      return "Mulard";
    case Breed::kBarbarie:
      return "Barbarie";
    case Breed::kPekin:
      return "Pékin";
  }
  return "";
}

absl::StatusOr<CurveMode> ParseCurveMode(const std::string& name) {
  if (name == "strain") return CurveMode::kStrain;
  if (name == "seed" || name == "linear") return CurveMode::kLinear;
  return absl::InvalidArgumentError(absl::StrCat("--curve is \"", name, "\"; give \"strain\" or \"seed\""));
}

std::vector<double> PrescribedDoses(CurveMode mode, Breed breed, int days) {
  return mode == CurveMode::kStrain ? curves::DosesOf(curves::ReferenceOf("", BreedName(breed)), 2 * days) : curves::LinearDoses(days);
}

double DrawDoseGap(CurveMode mode, Random& random) {
  if (mode == CurveMode::kLinear) return random.Uniform(-0.05, 0.05);
  const double p = random.Uniform(kGapQuantiles.front().probability, kGapQuantiles.back().probability);
  for (size_t i = 1; i < kGapQuantiles.size(); ++i) {
    const Quantile& low = kGapQuantiles[i - 1];
    const Quantile& high = kGapQuantiles[i];
    if (p <= high.probability) {
      return low.gap + (high.gap - low.gap) * (p - low.probability) / (high.probability - low.probability);
    }
  }
  return kGapQuantiles.back().gap;
}

}  // namespace egi::feeding_simulator
