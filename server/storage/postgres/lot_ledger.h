// A lot and its meals in memory, and the rules by which a meal changes them. Pure: no SQL.
#ifndef EGI_SERVER_STORAGE_POSTGRES_LOT_LEDGER_H_
#define EGI_SERVER_STORAGE_POSTGRES_LOT_LEDGER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/realtime/v1/events.pb.h"
#include "server/analyse/verdict.h"

namespace egi::storage {

// A version of a meal and its place among the events.
struct MealVersion {
  feeding::v1::RecordedMeal recorded;
  std::string body_hash;
  int64_t batch_id = 0;
  int32_t ordinal = 0;
  std::string by, reason;  // who entered it and why; of the present transaction only
};

// What the ledger holds under one (jour, moment).
struct MealEntry {
  MealVersion current;
  int32_t correction = 0;   // 0 = first value
  // Of the present transaction:
  bool in_database = true;           // the ledger row exists
  bool changed = false;              // rows must be written
  std::vector<MealVersion> replaced; // versions that became history, oldest first; the first may stand in doses_journalieres
};

// What is prescribed for a lot, by place in the series; doses in g per duck, weights in g after the meal.
struct LotCurve {
  std::vector<double> doses_g, weights_g;  // of the curve in force; empty without one
  std::map<int32_t, double> agreed_g;      // accepted corrections, which stand before the curve
};

// One lot of the present transaction.
struct LotLedger {
  int32_t id = 0;
  std::string code_lot, site_code, genetique, statut, origine;
  int32_t gaveur_id = 0;               // 0 = unknown
  int32_t birds_placed = 0;            // 0 = unknown
  std::optional<std::string> first_day;  // ISO date
  int32_t jour_actuel = -1;
  std::optional<double> weight_g, mortality_pct, corn_g;
  std::optional<int32_t> birds_alive;
  std::optional<absl::Time> last_meal;
  bool ready = false;                  // pret_abattage
  std::string producer;                // of the newest meal; empty when it came by a single call
  std::string version;                 // of the row in lots_gavage
  // By place in the series: 2 * jour, + 1 in the evening.
  std::map<int32_t, MealEntry> meals;
  std::set<int32_t> days;              // entered as a whole; loaded only for a transaction that enters days
  LotCurve curve;
  // Of the present transaction:
  bool changed = false;
  bool enqueue = false;                // a meal said pret_abattage
  std::string by;                      // who sent its last meal
  std::vector<std::string> new_states; // states entered, in order
};

// Place of a meal in the series.
inline int32_t SlotOf(const feeding::v1::Meal& meal) { return 2 * meal.jour() + (meal.moment() == "soir" ? 1 : 0); }

// A lot belongs to the site its code begins with.
inline std::string SiteOfCode(const feeding::v1::Meal& meal) { return meal.code_lot().substr(0, 2); }
inline bool IsOfOtherSite(const feeding::v1::Meal& meal) { return !meal.site().empty() && meal.site() != SiteOfCode(meal); }

// NOT_FOUND: no lot has this id.
absl::Status NoLotHasId(int32_t lot_id);

// Gives a meal that names its lot by lot_id the code of that lot instead. `code`: of the lot with that id, empty when there is none. Errors: NOT_FOUND (no such lot),
// INVALID_ARGUMENT (code_lot names another lot).
absl::Status NameLot(const std::string& code, feeding::v1::Meal* meal);

// INVALID_ARGUMENT: why a meal cannot make its lot known.
absl::Status CannotCreate(const feeding::v1::Meal& meal);

// FAILED_PRECONDITION when the lot is cancelled, or the meal names another site or feeder than the lot's.
absl::Status CheckOwner(const LotLedger& lot, const feeding::v1::Meal& meal);

// FAILED_PRECONDITION when the feeding of the lot has ended and `slot` lies after its last meal: late meals and corrections still count, new ones do not. Lots of a
// campaign file take theirs: the results are known before the meals.
absl::Status CheckFeeding(const LotLedger& lot, int32_t slot);

// Completes a meal by what its lot knows (feeder, site, breed, index), drops what is not stored with it (name of the feeder, birds placed, who entered it and
// why, request), and takes over into the lot what the meal knows and the lot does not.
void CompleteMeal(feeding::v1::Meal* meal, LotLedger* lot);

// The meal without the time of its sending: what is hashed, so that a meal sent again is recognised whenever it was sent.
feeding::v1::Meal WithoutSending(feeding::v1::Meal meal);

// The same but for the time of sending.
bool SameMeal(const feeding::v1::Meal& one, const feeding::v1::Meal& other);

// Gives a meal that names no prescribed dose the one its lot has for it, if any. After the hash of the body was taken: a resend stays a duplicate when the curve changes.
void Prescribe(const LotLedger& lot, feeding::v1::Meal* meal);

// What the feeding rules need to know of the lot when this meal arrives.
analyse::LotState StateBefore(const LotLedger& lot, const feeding::v1::Meal& meal);

// After the meal stands in lot->meals: brings the lot's own figures and state up to date. A late meal never overwrites newer values,
// and a finished lot never goes back.
void AdvanceLot(const feeding::v1::Meal& meal, LotLedger* lot);

// Birds alive and mortality of a meal that tells neither, when `deaths` birds died since the newest earlier meal. Unknown numbers stay unknown.
void CountBirds(const LotLedger& lot, int32_t deaths, feeding::v1::Meal* meal);

// The event that tells of a state of the lot.
realtime::v1::Event LotEvent(const LotLedger& lot, const std::string& state);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_LOT_LEDGER_H_
