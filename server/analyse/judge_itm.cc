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

}  // namespace egi::analyse
