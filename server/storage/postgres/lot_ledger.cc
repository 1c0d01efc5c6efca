#include "server/storage/postgres/lot_ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/base/rich_status.h"
#include "server/base/proto_time.h"
#include "server/base/site_zone.h"
#include "server/lots/lot_life.h"

namespace egi::storage {
namespace {

using feeding::v1::Meal;

constexpr int32_t kSlotsOfThreeDays = 6;
constexpr int32_t kMaxIndex = 54;

std::string FirstDay(const Meal& meal) {
  return absl::FormatCivilTime(absl::ToCivilDay(ToTime(meal.timestamp()), SiteZone()) - std::max(0, meal.jour()));
}

// A transition that the meals bring along; a state that does not allow it stays.
void Enter(lots::Transition transition, LotLedger* lot) {
  const auto state = lots::ParseState(lot->statut);
  const auto next = state.has_value() ? lots::TryNext(*state, transition) : std::nullopt;
  if (!next.has_value()) return;
  lot->statut = lots::Name(*next);
  lot->new_states.push_back(lot->statut);
}

}  // namespace

absl::Status NoLotHasId(int32_t lot_id) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("no lot has the id ", lot_id, "; name the lot by its code, or look its id up")), "LOT_UNKNOWN",
                       {{"lot", absl::StrCat(lot_id)}});
}

absl::Status NameLot(const std::string& code, Meal* meal) {
  if (code.empty()) return NoLotHasId(meal->lot_id());
  if (!meal->code_lot().empty() && meal->code_lot() != code) {
    return InvalidFields({{"lot_id", absl::StrCat("is ", meal->lot_id(), ", the id of lot ", code, ", but code_lot is ", meal->code_lot(), "; name one lot")}});
  }
  meal->set_code_lot(code);
  meal->clear_lot_id();
  return absl::OkStatus();
}

absl::Status CannotCreate(const Meal& meal) {
  std::vector<FieldViolation> violations;
  if (IsOfOtherSite(meal)) {
    violations.emplace_back("site", absl::StrCat("is ", meal.site(), ", but ", meal.code_lot(), " is a lot of site ", SiteOfCode(meal),
                                                 "; name that site or none"));
  }
  if (meal.gaveur_id() <= 0) {
    violations.emplace_back("gaveur_id", absl::StrCat("must be > 0: lot ", meal.code_lot(), " is not known yet and needs its gaveur"));
  }
  return InvalidFields(violations);
}

absl::Status CheckOwner(const LotLedger& lot, const Meal& meal) {
  if (lot.statut == "annule") {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot, " is annule; restore it before it takes meals")), "LOT_STATE",
                         {{"lot", lot.code_lot}, {"state", lot.statut}});
  }
  if (!meal.site().empty() && meal.site() != lot.site_code) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot, " belongs to site ", lot.site_code, ", not ",
                                                                    meal.site(), "; name the lot's own site or none")),
                         "LOT_OF_OTHER_SITE", {{"lot", lot.code_lot}, {"site", lot.site_code}});
  }
  if (meal.gaveur_id() > 0 && lot.gaveur_id > 0 && meal.gaveur_id() != lot.gaveur_id) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot, " is fed by gaveur ", lot.gaveur_id, ", not ",
                                                                    meal.gaveur_id(), "; name the lot's own gaveur or 0")),
                         "LOT_OF_OTHER_GAVEUR", {{"lot", lot.code_lot}});
  }
  return absl::OkStatus();
}

absl::Status CheckFeeding(const LotLedger& lot, int32_t slot) {
  if (lot.statut != "termine" && lot.statut != "abattu") return absl::OkStatus();
  if (lot.origine == "import") return absl::OkStatus();  // results came first, meals follow
  if (slot <= (lot.meals.empty() ? -1 : lot.meals.rbegin()->first)) return absl::OkStatus();
  return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot, " is ", lot.statut,
                                                                  ": it takes no meal after its last one; corrections of its meals stay possible")),
                       "LOT_STATE", {{"lot", lot.code_lot}, {"state", lot.statut}});
}

void CompleteMeal(Meal* meal, LotLedger* lot) {
  if (lot->gaveur_id == 0 && meal->gaveur_id() > 0) {
    lot->gaveur_id = meal->gaveur_id();
    lot->changed = true;
  }
  if (lot->genetique.empty() && !meal->genetique().empty()) {
    lot->genetique = meal->genetique();
    lot->changed = true;
  }
  if (lot->birds_placed == 0 && meal->nb_canards_initial() > 0) {
    lot->birds_placed = meal->nb_canards_initial();
    lot->changed = true;
  }
  meal->set_gaveur_id(lot->gaveur_id);
  meal->set_site(lot->site_code);
  if (meal->genetique().empty()) meal->set_genetique(lot->genetique);
  meal->clear_gaveur_nom();
  meal->clear_nb_canards_initial();
  meal->clear_saisi_par();
  meal->clear_raison_correction();
  meal->clear_request_id();
  meal->mutable_timestamp()->set_nanos(meal->timestamp().nanos() / 1000 * 1000);
  if (meal->has_sent_at()) meal->mutable_sent_at()->set_nanos(meal->sent_at().nanos() / 1000 * 1000);
  if (meal->repas() == 0 && meal->jour() >= 0 && SlotOf(*meal) + 1 <= kMaxIndex) meal->set_repas(SlotOf(*meal) + 1);
}

Meal WithoutSending(Meal meal) {
  meal.clear_sent_at();
  return meal;
}

void Prescribe(const LotLedger& lot, Meal* meal) {
  if (meal->has_dose_theorique() || meal->jour() < 0) return;
  const int32_t slot = SlotOf(*meal);
  if (const auto agreed = lot.curve.agreed_g.find(slot); agreed != lot.curve.agreed_g.end()) {
    meal->set_dose_theorique(agreed->second);
  } else if (slot < static_cast<int32_t>(lot.curve.doses_g.size())) {
    meal->set_dose_theorique(lot.curve.doses_g[slot]);
  }
}

bool SameMeal(const Meal& one, const Meal& other) { return WithoutSending(one).SerializeAsString() == WithoutSending(other).SerializeAsString(); }

analyse::LotState StateBefore(const LotLedger& lot, const Meal& meal) {
  analyse::LotState state;
  state.birds_placed = lot.birds_placed;
  state.breed = meal.genetique().empty() ? lot.genetique : meal.genetique();
  const int32_t slot = SlotOf(meal);
  if (slot >= 0 && slot < static_cast<int32_t>(lot.curve.weights_g.size())) state.curve_weight_g = lot.curve.weights_g[slot];
  for (auto at = lot.meals.lower_bound(slot); at != lot.meals.begin();) {
    const Meal& earlier = (--at)->second.current.recorded.meal();
    if (!state.previous_meal_time.has_value()) {
      state.previous_meal_time = ToTime(earlier.timestamp());
      state.skipped_meals = slot - at->first - 1;
    }
    if (!state.previous_weight_g.has_value() && earlier.has_poids_moyen()) state.previous_weight_g = earlier.poids_moyen();
    if (!state.mortality_pct.has_value() && earlier.has_taux_mortalite()) state.mortality_pct = earlier.taux_mortalite();
    const int32_t age = slot - at->first;
    if (age >= kSlotsOfThreeDays && age <= kSlotsOfThreeDays + 1 && earlier.has_poids_moyen() &&
        !state.weight_three_days_ago_g.has_value()) {
      state.weight_three_days_ago_g = earlier.poids_moyen();
    }
    if (age > kSlotsOfThreeDays && state.previous_weight_g.has_value() && state.mortality_pct.has_value()) break;
  }
  return state;
}

void CountBirds(const LotLedger& lot, int32_t deaths, Meal* meal) {
  if (meal->has_nb_canards_vivants()) return;
  int32_t before = lot.birds_placed;
  for (auto at = lot.meals.lower_bound(SlotOf(*meal)); at != lot.meals.begin();) {
    const Meal& earlier = (--at)->second.current.recorded.meal();
    if (!earlier.has_nb_canards_vivants()) continue;
    before = earlier.nb_canards_vivants();
    break;
  }
  if (before <= 0) return;
  const int32_t alive = std::max(0, before - deaths);
  meal->set_nb_canards_vivants(alive);
  if (!meal->has_taux_mortalite() && lot.birds_placed >= alive && lot.birds_placed > 0) {
    meal->set_taux_mortalite(100.0 * (lot.birds_placed - alive) / lot.birds_placed);
  }
}

void AdvanceLot(const Meal& meal, LotLedger* lot) {
  lot->changed = true;
  if (!lot->first_day.has_value()) lot->first_day = FirstDay(meal);
  if (lot->origine != "import" || !lot->corn_g.has_value()) {
    double corn = 0;
    for (const auto& [slot, entry] : lot->meals) corn += entry.current.recorded.meal().dose_reelle();
    lot->corn_g = corn;
  }
  const absl::Time time = ToTime(meal.timestamp());
  if (!lot->last_meal.has_value() || time >= *lot->last_meal) {
    lot->last_meal = time;
    lot->jour_actuel = meal.jour();
    if (meal.has_poids_moyen()) lot->weight_g = meal.poids_moyen();
    if (meal.has_taux_mortalite()) lot->mortality_pct = meal.taux_mortalite();
    if (meal.has_nb_canards_vivants()) lot->birds_alive = meal.nb_canards_vivants();
  }
  Enter(lots::Transition::kStart, lot);
  if (!meal.pret_abattage()) return;
  lot->ready = true;
  lot->enqueue = true;
  Enter(lots::Transition::kFinish, lot);
}

realtime::v1::Event LotEvent(const LotLedger& lot, const std::string& state) {
  realtime::v1::Event event;
  realtime::v1::LotEvent* change = event.mutable_lot();
  change->set_code_lot(lot.code_lot);
  change->set_lot_id(lot.id);
  change->set_statut(state);
  change->set_site_code(lot.site_code);
  change->set_gaveur_id(lot.gaveur_id);
  return event;
}

}  // namespace egi::storage
