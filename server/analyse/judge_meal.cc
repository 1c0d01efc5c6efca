#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/analyse/calendar.h"
#include "server/analyse/judge.h"

namespace egi::analyse {
namespace {

using feeding::v1::Meal;

// Bounds of the specification are inclusive; binary fractions must not miss them.
constexpr double kEpsilon = 1e-9;
bool AtLeast(double value, double bound) { return value >= bound - kEpsilon; }
bool AtMost(double value, double bound) { return value <= bound + kEpsilon; }

// "12,3": one decimal with a comma, as French readers expect.
std::string Fr(double value) { return absl::StrReplaceAll(absl::StrFormat("%.1f", value), {{".", ","}}); }

void Raise(MealVerdict& verdict, const char* type, Severity severity, std::string message, double observed,
           double expected, const char* measure) {
  AlertCandidate alert;
  alert.type = type;
  alert.severity = severity;
  alert.message = std::move(message);
  alert.observed = observed;
  alert.expected = expected;
  if (expected != 0) alert.gap_pct = (observed - expected) / expected * 100;
  alert.context_json = absl::StrFormat(R"({"mesure": "%s", "valeur": %.6g, "seuil": %.6g})", measure, observed, expected);
  verdict.alerts.push_back(std::move(alert));
}

feeding::v1::Recommendation& Advise(MealVerdict& verdict, const char* type, std::string message, const char* urgency) {
  feeding::v1::Recommendation& advice = verdict.recommendations.emplace_back();
  advice.set_type(type);
  advice.set_message(std::move(message));
  advice.set_urgence(urgency);
  return advice;
}

// Confidence in a correction of the dose (domain.md section 9).
constexpr double kDoseConfidence = 0.75;

// Half of the gap is corrected at the next meal from the warning on, the whole gap when it is critical.
void AdviseDose(MealVerdict& verdict, double gap_g, bool critical) {
  const double change = std::round(-gap_g * (critical ? 1.0 : 0.5) * 10) / 10;
  feeding::v1::Recommendation& advice = Advise(
      verdict, "dose", absl::StrCat(change > 0 ? "Ajouter " : "Retirer ", Fr(std::abs(change)), " g par canard au prochain repas"),
      critical ? "critical" : "warning");
  advice.mutable_ajustement_dose()->set_value(change);
  auto& impact = *advice.mutable_impact_prevu()->mutable_fields();
  impact["ecart_corrige_g"].set_number_value(change);
  impact["ecart_restant_g"].set_number_value(std::round((gap_g + change) * 10) / 10);
  impact["confiance"].set_number_value(kDoseConfidence);
}

void JudgeDose(const Meal& meal, const MealRules& rules, MealVerdict& verdict) {
  if (!meal.has_dose_reelle()) return;
  const double real = meal.dose_reelle();
  if (real < rules.dose_low_g || real > rules.dose_high_g) {
    Raise(verdict, "dose_hors_bornes", Severity::kWarning,
          absl::StrCat("Dose de ", Fr(real), " g hors de l'intervalle habituel de ", Fr(rules.dose_low_g), " à ",
                       Fr(rules.dose_high_g), " g : vérifier la saisie"),
          real, real < rules.dose_low_g ? rules.dose_low_g : rules.dose_high_g, "dose_reelle");
  } else if (real >= rules.dose_low_g + rules.weight_margin_g && real <= rules.dose_high_g - rules.weight_margin_g) {
    verdict.cleared.push_back("dose_hors_bornes");
  }
  if (!meal.has_dose_theorique() || meal.dose_theorique() <= 0) return;
  const double prescribed = meal.dose_theorique();
  const double gap_pct = (real - prescribed) / prescribed * 100;
  verdict.dose_gap_pct = gap_pct;
  if (AtLeast(std::abs(gap_pct), rules.dose_gap_warning_pct)) {
    const bool critical = AtLeast(std::abs(gap_pct), rules.dose_gap_critical_pct);
    Raise(verdict, "dose_ecart", critical ? Severity::kCritical : Severity::kWarning,
          absl::StrCat("Dose de ", Fr(real), " g pour ", Fr(prescribed), " g prescrits (écart ", gap_pct > 0 ? "+" : "",
                       Fr(gap_pct), " %)"),
          real, prescribed, "dose_reelle");
    AdviseDose(verdict, real - prescribed, critical);
  } else if (AtMost(std::abs(gap_pct), rules.dose_gap_warning_pct - rules.dose_margin_pct)) {
    verdict.cleared.push_back("dose_ecart");
  }
  if (AtMost(real, rules.refusal_ratio * prescribed)) {
    Raise(verdict, "refus_alimentation", Severity::kCritical,
          absl::StrCat("Refus d'alimentation : ", Fr(real), " g donnés pour ", Fr(prescribed), " g prescrits"), real,
          prescribed, "dose_reelle");
    Advise(verdict, "health", "Examiner les canards : vérifier jabot, respiration et abreuvement avant le prochain repas",
           "critical");
  } else if (AtLeast(real, (rules.refusal_ratio + rules.dose_margin_pct / 100) * prescribed)) {
    verdict.cleared.push_back("refus_alimentation");
  }
}

void JudgeWeight(const Meal& meal, const LotState& lot, const MealRules& rules, MealVerdict& verdict) {
  if (!meal.has_poids_moyen()) return;
  const double weight = meal.poids_moyen();
  if (lot.previous_weight_g.has_value()) {
    const double loss = *lot.previous_weight_g - weight;
    if (AtLeast(loss, rules.weight_loss_important_g)) {
      const bool critical = AtLeast(loss, rules.weight_loss_critical_g);
      Raise(verdict, "perte_poids", critical ? Severity::kCritical : Severity::kImportant,
            absl::StrCat("Perte de poids de ", Fr(loss), " g depuis la dernière pesée"), weight, *lot.previous_weight_g,
            "poids_moyen");
      Advise(verdict, "health", "Peser à nouveau un échantillon et examiner les canards", critical ? "critical" : "important");
    } else if (AtMost(loss, rules.weight_loss_important_g - rules.weight_margin_g)) {
      verdict.cleared.push_back("perte_poids");
    }
  }
  if (lot.weight_three_days_ago_g.has_value()) {
    const double gain = (weight - *lot.weight_three_days_ago_g) / 3;
    if (AtMost(gain, rules.gain_important_g_per_day)) {
      const bool critical = AtMost(gain, rules.gain_critical_g_per_day);
      Raise(verdict, "gain_faible", critical ? Severity::kCritical : Severity::kImportant,
            absl::StrCat("Gain moyen de ", Fr(gain), " g par jour sur 3 jours"), gain, rules.gain_important_g_per_day,
            "gain_moyen_3_jours");
    } else if (AtLeast(gain, rules.gain_important_g_per_day + rules.weight_margin_g)) {
      verdict.cleared.push_back("gain_faible");
    }
  }
}

void JudgeClimate(const Meal& meal, const MealRules& rules, MealVerdict& verdict) {
  if (meal.has_temperature_stabule()) {
    const double t = meal.temperature_stabule();
    const bool cold = AtMost(t, rules.temperature_low_c);
    if (cold || AtLeast(t, rules.temperature_high_c)) {
      const bool critical = AtMost(t, rules.temperature_low_critical_c) || AtLeast(t, rules.temperature_high_critical_c);
      Raise(verdict, "temperature_stabule", critical ? Severity::kCritical : Severity::kImportant,
            absl::StrCat("Température du bâtiment de ", Fr(t), " °C"), t,
            cold ? rules.temperature_low_c : rules.temperature_high_c, "temperature_stabule");
      Advise(verdict, "health", cold ? "Réduire la ventilation ou chauffer le bâtiment" : "Augmenter la ventilation du bâtiment",
             critical ? "critical" : "important");
    } else if (AtLeast(t, rules.temperature_low_c + rules.temperature_margin_c) && AtMost(t, rules.temperature_high_c - rules.temperature_margin_c)) {
      verdict.cleared.push_back("temperature_stabule");
    }
  }
  if (meal.has_humidite_stabule()) {
    const double h = meal.humidite_stabule();
    const bool dry = AtMost(h, rules.humidity_low_pct);
    if (dry || h > rules.humidity_high_pct + kEpsilon) {
      Raise(verdict, "humidite_stabule", Severity::kImportant, absl::StrCat("Humidité du bâtiment de ", Fr(h), " %"), h,
            dry ? rules.humidity_low_pct : rules.humidity_high_pct, "humidite_stabule");
    } else if (AtLeast(h, rules.humidity_low_pct + rules.humidity_margin_pct) && AtMost(h, rules.humidity_high_pct - rules.humidity_margin_pct)) {
      verdict.cleared.push_back("humidite_stabule");
    }
  }
}

// The rate told by the meal, else the one that follows from the birds placed and alive.
std::optional<double> MortalityPct(const Meal& meal, const LotState& lot) {
  if (meal.has_taux_mortalite()) return meal.taux_mortalite();
  const int placed = lot.birds_placed > 0 ? lot.birds_placed : meal.nb_canards_initial();
  if (!meal.has_nb_canards_vivants() || placed <= 0 || meal.nb_canards_vivants() > placed) return std::nullopt;
  return 100.0 * (placed - meal.nb_canards_vivants()) / placed;
}

void JudgeMortality(const Meal& meal, const LotState& lot, const MealRules& rules, MealVerdict& verdict) {
  const std::optional<double> rate = MortalityPct(meal, lot);
  if (!rate.has_value()) return;
  if (!AtLeast(*rate, rules.mortality_warning_pct)) {
    if (AtMost(*rate, rules.mortality_warning_pct - rules.mortality_margin_pct)) verdict.cleared.push_back("mortalite_haute");
    return;
  }
  const bool critical = AtLeast(*rate, rules.mortality_critical_pct);
  Raise(verdict, "mortalite_haute", critical ? Severity::kCritical : Severity::kWarning,
        absl::StrCat("Mortalité du lot de ", Fr(*rate), " %"), *rate,
        critical ? rules.mortality_critical_pct : rules.mortality_warning_pct, "taux_mortalite");
  Advise(verdict, "health", "Rechercher la cause de la mortalité et prévenir le technicien ou le vétérinaire",
         critical ? "critical" : "warning");
}

}  // namespace

MealVerdict JudgeMeal(const Meal& meal, const LotState& lot, const MealRules& rules) {
  MealVerdict verdict;
  if (meal.jour() < 0) return verdict;
  JudgeDose(meal, rules, verdict);
  JudgeWeight(meal, lot, rules, verdict);
  JudgeWeightCurve(meal, lot, rules, verdict);
  JudgeClimate(meal, rules, verdict);
  JudgeMortality(meal, lot, rules, verdict);
  JudgeRegularity(meal, lot, rules, verdict);
  return verdict;
}

}  // namespace egi::analyse
