#include "server/analyse/calendar.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/base/proto_time.h"

namespace egi::analyse {
namespace {

constexpr int32_t kSlots = 56;  // days 0..27

std::string Hours(double hours) { return absl::StrReplaceAll(absl::StrFormat("%.1f", hours), {{".", ","}}); }

const char* MomentOf(int32_t slot) { return slot % 2 == 0 ? "matin" : "soir"; }

// Warning from the first bound on, critical from the second.
std::optional<AlertCandidate> Silence(absl::Duration interval, const MealRules& rules, bool never_fed = false) {
  const double hours = absl::ToDoubleHours(interval);
  if (hours < rules.silence_warning_h) return std::nullopt;
  AlertCandidate alert;
  alert.type = kSilenceAlert;
  const bool critical = hours >= rules.silence_critical_h;
  alert.severity = critical ? Severity::kCritical : Severity::kWarning;
  alert.observed = hours;
  alert.expected = critical ? rules.silence_critical_h : rules.silence_warning_h;
  alert.gap_pct = (hours - *alert.expected) / *alert.expected * 100;
  alert.message = never_fed ? absl::StrCat("Lot ouvert sans aucun repas, ", Hours(hours), " h après l'heure du premier : vérifier le gavage et la saisie")
                            : absl::StrCat("Aucun repas reçu pendant ", Hours(hours), " h : vérifier le gavage et la saisie");
  alert.context_json = absl::StrFormat(R"({"mesure": "heures_sans_repas", "valeur": %.6g, "seuil": %.6g})", hours, *alert.expected);
  return alert;
}

// `count` >= 1 meals from slot `first` on were not given.
AlertCandidate Missed(int32_t first, int32_t count) {
  AlertCandidate alert;
  alert.type = kMissedMealAlert;
  alert.severity = Severity::kWarning;
  alert.observed = count;
  alert.expected = 0;
  alert.message = count == 1 ? absl::StrCat("Repas du ", MomentOf(first), " du jour ", first / 2, " manquant")
                             : absl::StrCat(count, " repas manquants à partir du ", MomentOf(first), " du jour ", first / 2);
  alert.context_json = absl::StrFormat(R"({"mesure": "repas_manquants", "valeur": %d, "seuil": 0, "premier": "%s"})", count, SlotName(first));
  return alert;
}

}  // namespace

std::string SlotName(int32_t slot) { return absl::StrCat(slot / 2, "/", MomentOf(slot)); }

absl::Time DueTime(const LotCalendar& calendar, int32_t slot, absl::Duration grace) {
  const absl::CivilDay day = calendar.first_day + slot / 2;
  const absl::CivilHour end = slot % 2 == 0 ? absl::CivilHour(day) + 12 : absl::CivilHour(day + 1);
  return absl::FromCivil(end, calendar.zone) + grace;
}

Absence JudgeAbsence(const LotCalendar& calendar, absl::Time last_meal, int32_t last_slot, absl::Time now, const MealRules& rules) {
  Absence absence;
  absence.silence = Silence(now - last_meal, rules);
  const absl::Duration grace = absl::Hours(rules.meal_grace_h);
  const int32_t end = calendar.planned_days.has_value() ? std::min(2 * *calendar.planned_days, kSlots) : kSlots;
  int32_t next = last_slot + 1;
  while (next < end && DueTime(calendar, next, grace) < now) ++next;
  const int32_t count = next - (last_slot + 1);
  if (count <= 0) return absence;
  absence.missed = Missed(last_slot + 1, count);
  absence.last_missed = SlotName(next - 1);
  return absence;
}

Absence JudgeNeverFed(const LotCalendar& calendar, absl::Time now, const MealRules& rules) {
  Absence absence;
  absence.silence = Silence(now - DueTime(calendar, 0, absl::ZeroDuration()), rules, true);
  return absence;
}

void JudgeRegularity(const feeding::v1::Meal& meal, const LotState& lot, const MealRules& rules, MealVerdict& verdict) {
  if (!lot.previous_meal_time.has_value()) {
    verdict.cleared.push_back(kSilenceAlert);
    return;
  }
  if (auto silence = Silence(ToTime(meal.timestamp()) - *lot.previous_meal_time, rules)) {
    verdict.alerts.push_back(*std::move(silence));
  } else {
    verdict.cleared.push_back(kSilenceAlert);
  }
  const int32_t slot = 2 * meal.jour() + (meal.moment() == "soir" ? 1 : 0);
  if (lot.skipped_meals > 0) {
    verdict.alerts.push_back(Missed(slot - lot.skipped_meals, lot.skipped_meals));
  } else {
    verdict.cleared.push_back(kMissedMealAlert);
  }
}

}  // namespace egi::analyse
