#include "server/curves/correction.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace egi::curves {
namespace {

constexpr double kHalfFromPct = 10, kWholeFromPct = 25, kWeightBeyondPct = 10;
constexpr double kLateG = 50, kAheadG = -30;
constexpr double kLeastG = 100, kMostG = 600;
// Bounds of the specification are inclusive; binary fractions must not miss them.
constexpr double kEpsilon = 1e-9;

double PercentOff(double value, double expected) { return (value - expected) / expected * 100; }

// "+12,3"
std::string Signed(double value) { return absl::StrReplaceAll(absl::StrFormat("%+.1f", value), {{".", ","}}); }

}  // namespace

std::optional<Correction> ProposeCorrection(const MealOutcome& meal) {
  Correction correction;
  std::vector<std::string> reasons;
  if (meal.prescribed_g.value_or(0) > 0) {
    const double gap_pct = PercentOff(meal.given_g, *meal.prescribed_g);
    correction.gap_pct = gap_pct;
    if (std::abs(gap_pct) >= kHalfFromPct - kEpsilon) {
      const bool whole = std::abs(gap_pct) >= kWholeFromPct - kEpsilon;
      correction.change_g -= (meal.given_g - *meal.prescribed_g) * (whole ? 1.0 : 0.5);
      reasons.push_back(absl::StrCat("dose à ", Signed(gap_pct), " % de la prescription : ", whole ? "tout l'écart" : "la moitié de l'écart", " est corrigé"));
    }
  }
  if (meal.weight_g.has_value() && meal.curve_weight_g.value_or(0) > 0) {
    const double gap_pct = PercentOff(*meal.weight_g, *meal.curve_weight_g);
    if (std::abs(gap_pct) > kWeightBeyondPct + kEpsilon) {
      correction.weight_gap_pct = gap_pct;
      correction.change_g += gap_pct < 0 ? kLateG : kAheadG;
      reasons.push_back(absl::StrCat("poids à ", Signed(gap_pct), " % de la courbe"));
    }
  }
  if (reasons.empty()) return std::nullopt;
  const double planned = meal.planned_next_g;
  const double wanted = planned + correction.change_g;
  const double dose = std::clamp(wanted, std::min(kLeastG, planned), std::max(kMostG, planned));
  if (dose != wanted) reasons.push_back("limité à la plage de 100 à 600 g");
  correction.dose_g = std::round(dose * 10) / 10;
  correction.change_g = correction.dose_g - planned;
  correction.reason = absl::StrJoin(reasons, "; ");
  return correction;
}

}  // namespace egi::curves
