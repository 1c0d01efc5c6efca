#include "simulators/feeding/curve.h"

#include <array>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace egi::feeding_simulator {
namespace {

// domain.md section 7.2: median of the real doses, g, meals 1 to 22.
constexpr std::array<double, 22> kCf80 = {225, 249, 274, 297, 319, 340, 365, 385, 406, 427, 446,
                                          460, 472, 480, 485, 490, 491, 490, 475, 468, 477, 485};
constexpr std::array<double, 22> kPkl = {202, 224, 241, 263, 284, 303, 324, 343, 364, 383, 400,
                                         413, 422, 433, 442, 450, 450, 450, 446, 437, 443, 332};
constexpr double kPekinFactor = 0.97;

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

// The value of `curve` at `position` in [0, size - 1], linear between its points.
double Interpolate(const std::array<double, 22>& curve, double position) {
  const auto below = static_cast<size_t>(position);
  if (below + 1 >= curve.size()) return curve.back();
  const double fraction = position - static_cast<double>(below);
  return curve[below] * (1 - fraction) + curve[below + 1] * fraction;
}

std::vector<double> StrainDoses(Breed breed, int meals) {
  const auto& curve = breed == Breed::kMulard ? kCf80 : kPkl;
  const double factor = breed == Breed::kPekin ? kPekinFactor : 1.0;
  std::vector<double> doses;
  doses.reserve(meals);
  for (int meal = 0; meal < meals; ++meal) {
    const double position = static_cast<double>(meal) * (curve.size() - 1) / (meals - 1);
    doses.push_back(std::round(factor * Interpolate(curve, position)));
  }
  return doses;
}

std::vector<double> LinearDoses(int days) {
  std::vector<double> doses;
  doses.reserve(2 * days);
  for (int day = 0; day < days; ++day) {
    const double progress = static_cast<double>(day) / days;
    doses.push_back(200 + 260 * progress);
    doses.push_back(210 + 280 * progress);
  }
  return doses;
}

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
  if (name == "linear") return CurveMode::kLinear;
  return absl::InvalidArgumentError(absl::StrCat("--curve is \"", name, "\"; give \"strain\" or \"linear\""));
}

std::vector<double> PrescribedDoses(CurveMode mode, Breed breed, int days) {
  return mode == CurveMode::kStrain ? StrainDoses(breed, 2 * days) : LinearDoses(days);
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
