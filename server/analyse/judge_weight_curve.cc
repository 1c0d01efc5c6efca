#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/analyse/judge.h"

namespace egi::analyse {
namespace {

constexpr char kType[] = "poids_courbe";
// Bounds of the specification are inclusive; binary fractions must not miss them.
constexpr double kEpsilon = 1e-9;

// "12,3": one decimal with a comma, as French readers expect.
std::string Fr(double value) { return absl::StrReplaceAll(absl::StrFormat("%.1f", value), {{".", ","}}); }

}  // namespace

// domain.md section 9: 5 % info, 10 % warning, 25 % critical; beyond 10 % the next dose is corrected by +50 g (late) or -30 g (ahead).
void JudgeWeightCurve(const feeding::v1::Meal& meal, const LotState& lot, const MealRules& rules, MealVerdict& verdict) {
  if (!meal.has_poids_moyen() || lot.curve_weight_g.value_or(0) <= 0) return;
  const double expected = *lot.curve_weight_g;
  const double gap_pct = (meal.poids_moyen() - expected) / expected * 100;
  const double off = std::abs(gap_pct) + kEpsilon;
  if (off < rules.weight_curve_info_pct) {
    if (std::abs(gap_pct) <= rules.weight_curve_info_pct - rules.weight_curve_margin_pct + kEpsilon) verdict.cleared.push_back(kType);
    return;
  }
  const bool critical = off >= rules.weight_curve_critical_pct;
  const bool warning = off >= rules.weight_curve_warning_pct;
  AlertCandidate alert;
  alert.type = kType;
  alert.severity = critical ? Severity::kCritical : warning ? Severity::kWarning : Severity::kInfo;
  alert.message = absl::StrCat("Poids moyen de ", Fr(meal.poids_moyen()), " g pour ", Fr(expected), " g à la courbe (écart ", gap_pct > 0 ? "+" : "",
                               Fr(gap_pct), " %)");
  alert.observed = meal.poids_moyen();
  alert.expected = expected;
  alert.gap_pct = gap_pct;
  alert.context_json = absl::StrFormat(R"({"mesure": "poids_moyen", "valeur": %.6g, "seuil": %.6g})", meal.poids_moyen(), expected);
  verdict.alerts.push_back(std::move(alert));
  if (std::abs(gap_pct) <= rules.weight_curve_warning_pct) return;
  const double change = gap_pct < 0 ? rules.weight_late_g : -rules.weight_ahead_g;
  feeding::v1::Recommendation advice;
  advice.set_type("dose");
  advice.set_message(absl::StrCat(change > 0 ? "Poids en retard : ajouter " : "Poids en avance : retirer ", Fr(std::abs(change)),
                                  " g par canard au prochain repas"));
  advice.set_urgence(critical ? "critical" : "warning");
  advice.mutable_ajustement_dose()->set_value(change);
  verdict.recommendations.push_back(std::move(advice));
}

}  // namespace egi::analyse
