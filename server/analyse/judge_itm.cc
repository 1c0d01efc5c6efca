#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/analyse/judge.h"

namespace egi::analyse {

std::optional<AlertCandidate> JudgeItm(double itm, const LotRules& rules) {
  if (!(itm > rules.itm_warning_above)) return std::nullopt;
  const bool critical = itm > rules.itm_critical_above;
  const double bound = critical ? rules.itm_critical_above : rules.itm_warning_above;
  AlertCandidate alert;
  alert.type = kItmAlert;
  alert.severity = critical ? Severity::kCritical : Severity::kWarning;
  alert.message = absl::StrReplaceAll(
      absl::StrFormat("ITM dégradé : %.2f kg de maïs par kg de foie (plus bas = mieux), limite %.1f", itm, bound), {{".", ","}});
  alert.observed = itm;
  alert.expected = bound;
  alert.gap_pct = (itm - bound) / bound * 100;
  alert.context_json = absl::StrFormat(R"({"mesure": "itm", "valeur": %.6g, "seuil": %.6g})", itm, bound);
  return alert;
}

std::optional<AlertCandidate> JudgeLoss(double loss_pct, const MealRules& rules) {
  constexpr double kRounding = 1e-9;  // a share of birds times 100
  if (!(loss_pct >= rules.mortality_warning_pct - kRounding)) return std::nullopt;
  const bool critical = loss_pct >= rules.mortality_critical_pct - kRounding;
  const double bound = critical ? rules.mortality_critical_pct : rules.mortality_warning_pct;
  AlertCandidate alert;
  alert.type = kMortalityAlert;
  alert.severity = critical ? Severity::kCritical : Severity::kWarning;
  alert.message = absl::StrReplaceAll(absl::StrFormat("Perte finale du lot de %.2f %%, limite %.0f %%", loss_pct, bound), {{".", ","}});
  alert.observed = loss_pct;
  alert.expected = bound;
  alert.gap_pct = (loss_pct - bound) / bound * 100;
  alert.context_json = absl::StrFormat(R"({"mesure": "perte_gavage", "valeur": %.6g, "seuil": %.6g})", loss_pct, bound);
  return alert;
}

}  // namespace egi::analyse
