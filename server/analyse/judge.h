// Stage 3: fusion, grade, compliance and alert rules (domain.md sections 9 to 12). Pure functions.
#ifndef EGI_SERVER_ANALYSE_JUDGE_H_
#define EGI_SERVER_ANALYSE_JUDGE_H_

#include <optional>

#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile.h"
#include "server/analyse/rules.h"
#include "server/analyse/verdict.h"

namespace egi::analyse {

// Judges a validated sample. `received` is the time of reception. With a `profile` the raw frame and spectrum are measured again; without one (null)
// nothing is computed and nothing compared. The official result is the fusion of the declared sensor scores; of a sample without any declared
// analysis it is the computed one, with the server's analyses. Alert types: those of kSampleAlerts; a measure in range by more than its margin sets its bit in `cleared`.
SampleVerdict JudgeSample(const quality::v1::Sample& sample, absl::Time received, const SampleRules& rules = {},
                          const AnalysisProfile* profile = nullptr);

// Judges a validated meal against what is known of its lot. Alert types: dose_ecart, refus_alimentation, dose_hors_bornes,
// perte_poids, gain_faible, poids_courbe, temperature_stabule, humidite_stabule, mortalite_haute, and those of calendar.h. A measure within its range by more than
// its margin puts its types into `cleared`; a measure that is absent does neither. A message that announces a lot (jour = -1) is no meal: empty verdict.
MealVerdict JudgeMeal(const feeding::v1::Meal& meal, const LotState& lot, const MealRules& rules = {});

// The part of JudgeMeal that holds the weight against the curve in force; without either it says nothing.
void JudgeWeightCurve(const feeding::v1::Meal& meal, const LotState& lot, const MealRules& rules, MealVerdict& verdict);

// Type of the alert of JudgeItm.
inline constexpr char kItmAlert[] = "itm_degrade";

// Judges the final ITM of a lot, kg of corn per kg of liver (lower is better); nullopt when it is good.
std::optional<AlertCandidate> JudgeItm(double itm, const LotRules& rules = {});

// Type of the alerts of JudgeLoss, and of meals about mortality.
inline constexpr char kMortalityAlert[] = "mortalite_haute";

// Judges the final loss of a lot, percent of the birds placed; nullopt when it is below the rate that meals are warned of (domain.md section 9).
std::optional<AlertCandidate> JudgeLoss(double loss_pct, const MealRules& rules = {});

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_JUDGE_H_
