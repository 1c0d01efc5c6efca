// How a day that is entered as a whole becomes meals of its lot, and how wishes are answered again. Pure: no SQL; shared by the stores.
#ifndef EGI_SERVER_STORAGE_POSTGRES_DAY_PLAY_H_
#define EGI_SERVER_STORAGE_POSTGRES_DAY_PLAY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "egi/feeding/v1/meal.pb.h"
#include "server/persist/write.h"
#include "server/storage/postgres/lot_ledger.h"

namespace egi::storage {

// Who enters a meal or a day: the person named, else the producer, else the way it came.
std::string ByOf(const persist::MealWrite& write);
// Why, as told.
std::string ReasonOf(const persist::MealWrite& write);

// The last place in the series that a meal, or a day, tells a meal for.
int32_t LastSlotOf(const persist::MealWrite& write);

// ALREADY_EXISTS when the day, or a meal it tells, is known; of a correction NOT_FOUND when nothing of the day is.
absl::Status CheckDay(const LotLedger& lot, int32_t jour, const persist::DayWrite& day);

// The meals of the day that the entry takes up, in order: those whose doses it tells or, when it tells none, those known; with the climate of the entry. A known
// meal whose dose is not told beside another is left as it is. The day's last meal, when it is among them, has the mean of the weights. Birds are counted by
// CountDayBirds, one meal after the other.
std::vector<feeding::v1::Meal> MealsOfDay(const LotLedger& lot, int32_t jour, const persist::DayWrite& day);

// Sets birds alive, deaths and mortality of a meal of MealsOfDay. The deaths of the day belong to the `first` of them, less those that a meal left as it is has told;
// 0 = counted, none died. When the day tells no deaths, a known meal keeps its counts, and a new one has none unless the other meal of the day was counted.
void CountDayBirds(const LotLedger& lot, const persist::DayWrite& day, bool first, feeding::v1::Meal* meal);

// The outcome of a day from those of its meals, in order; `meals` and `outcomes` belong together. Of a correction that changes no meal it is kDuplicate: what was
// entered beside the meals may still have changed.
persist::ItemOutcome OutcomeOfDay(const persist::DayWrite& day, const std::vector<feeding::v1::Meal>& meals, std::vector<persist::ItemOutcome> outcomes);

// ALREADY_EXISTS: the request was used for another content.
absl::Status RequestReused(const std::string& request_id);

// An outcome as it is kept with its request, and back (replayed). Errors of the latter: INTERNAL.
std::string PackOutcome(const persist::ItemOutcome& outcome);
absl::StatusOr<persist::ItemOutcome> UnpackOutcome(const std::string& packed);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_DAY_PLAY_H_
