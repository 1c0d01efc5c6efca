// Stage 3: fusion, grade, compliance and alert rules (domain.md sections 9 to 12). Pure functions.
#ifndef EGI_SERVER_ANALYSE_JUDGE_H_
#define EGI_SERVER_ANALYSE_JUDGE_H_

#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/verdict.h"

namespace egi::analyse {

// Judges a validated sample. `received` is the time of reception.
SampleVerdict JudgeSample(const quality::v1::Sample& sample, absl::Time received);

// Judges a validated meal against what is known of its lot.
MealVerdict JudgeMeal(const feeding::v1::Meal& meal, const LotState& lot);

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_JUDGE_H_
