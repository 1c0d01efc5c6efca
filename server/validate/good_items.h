// A good sample and a good meal, made of the examples of the API, for tests that break one thing at a time.
#ifndef EGI_SERVER_VALIDATE_GOOD_ITEMS_H_
#define EGI_SERVER_VALIDATE_GOOD_ITEMS_H_

#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/sample.pb.h"

namespace egi::validate {

// The time of reception in tests: 2026-02-03T09:12:45Z, one second after the sample.
absl::Time TestNow();

// Accepted by ValidateSample at TestNow(): ToF 0.79, spectral 0.86, fusion 0.818 (A).
quality::v1::Sample GoodSample();

// Accepted by ValidateMeal at TestNow(): lot LL2602003, J5 evening, 338.6 g of 343 g.
feeding::v1::Meal GoodMeal();

}  // namespace egi::validate

#endif  // EGI_SERVER_VALIDATE_GOOD_ITEMS_H_
