#include "server/curves/reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "absl/strings/match.h"

namespace egi::curves {
namespace {

// domain.md section 7.2, columns "all", CF80*, PKL*, PKLC: meals 1 to 22, g per duck.
constexpr std::array<double, kReferenceMeals> kAll = {224, 239, 261, 284, 306, 330, 356, 380, 402, 420, 440,
                                                      455, 468, 472, 479, 480, 483, 481, 466, 452, 457, 465};
constexpr std::array<double, kReferenceMeals> kCf80 = {225, 249, 274, 297, 319, 340, 365, 385, 406, 427, 446,
                                                       460, 472, 480, 485, 490, 491, 490, 475, 468, 477, 485};
constexpr std::array<double, kReferenceMeals> kPkl = {202, 224, 241, 263, 284, 303, 324, 343, 364, 383, 400,
                                                      413, 422, 433, 442, 450, 450, 450, 446, 437, 443, 332};
constexpr std::array<double, kReferenceMeals> kPklc = {225, 250, 275, 300, 322, 345, 367, 390, 410, 429, 448,
                                                       469, 478, 488, 503, 504, 512, 514, 424, 478, 377, 530};

// Names, and mean ITM (domain.md section 4).
constexpr Reference kAllStrains = {"toutes souches", kAll.data(), 1, 14.97};
constexpr Reference kStrainCf80 = {"CF80*", kCf80.data(), 1, 15.11};
constexpr Reference kStrainPkl = {"PKL*", kPkl.data(), 1, 14.72};
constexpr Reference kStrainPklc = {"PKLC", kPklc.data(), 1, 14.20};
constexpr Reference kPekin = {"PKL*", kPkl.data(), 0.97, 14.72};

double RoundTo(double value, double step) { return std::round(value / step) * step; }

}  // namespace

std::optional<Reference> ReferenceNamed(const std::string& name) {
  if (absl::StrContains(name, "CF80") || absl::EqualsIgnoreCase(name, "mulard")) return kStrainCf80;
  if (absl::StrContains(name, "PKLC")) return kStrainPklc;
  if (absl::StrContains(name, "PKL") || absl::EqualsIgnoreCase(name, "barbarie")) return kStrainPkl;
  if (absl::EqualsIgnoreCase(name, "pekin") || name == "Pékin" || name == "pékin") return kPekin;
  if (absl::EqualsIgnoreCase(name, "mixte")) return kAllStrains;
  return std::nullopt;
}

Reference ReferenceOf(const std::string& souche, const std::string& genetique) {
  if (const auto strain = ReferenceNamed(souche); strain.has_value()) return *strain;
  return ReferenceNamed(genetique).value_or(kAllStrains);
}

std::vector<double> DosesOf(const Reference& reference, int meals) {
  std::vector<double> doses;
  doses.reserve(meals);
  for (int meal = 0; meal < meals; ++meal) {
    const double position = static_cast<double>(meal) * (kReferenceMeals - 1) / (meals - 1);
    const int below = std::min(static_cast<int>(position), kReferenceMeals - 2);
    const double fraction = position - below;
    const double median = reference.medians_g[below] * (1 - fraction) + reference.medians_g[below + 1] * fraction;
    doses.push_back(std::round(reference.factor * median));
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

std::vector<double> ScaledTo(std::vector<double> doses_g, double total_g) {
  const double factor = total_g / Sum(doses_g);
  for (double& dose : doses_g) dose = RoundTo(dose * factor, 0.1);
  return doses_g;
}

double Sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace egi::curves
