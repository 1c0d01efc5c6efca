#include "server/storage/postgres/day_play.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "egi/feeding/v1/day_meal.pb.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"

namespace egi::storage {
namespace {

using feeding::v1::Meal;
using persist::DayWrite;
using persist::Fate;
using persist::ItemOutcome;

constexpr const char* kMoments[] = {"matin", "soir"};

bool Tells(const DayWrite& day, int half) { return half == 0 ? day.entry.has_dose_matin() : day.entry.has_dose_soir(); }

const MealEntry* Known(const LotLedger& lot, int32_t slot) {
  const auto found = lot.meals.find(slot);
  return found == lot.meals.end() ? nullptr : &found->second;
}

// A meal is taken up when its dose is told; one that is known also when no dose is told at all: then the weights, the climate and the deaths are corrected.
bool Takes(const LotLedger& lot, int32_t jour, const DayWrite& day, int half) {
  return Tells(day, half) || (!Tells(day, 1 - half) && Known(lot, 2 * jour + half) != nullptr);
}

double Mean(const google::protobuf::RepeatedField<double>& weights) {
  return std::accumulate(weights.begin(), weights.end(), 0.0) / weights.size();
}

const char* StatusName(Fate fate) {
  return fate == Fate::kCorrected ? "corrected" : fate == Fate::kDuplicate ? "duplicate" : "saved";
}

}  // namespace

std::string ByOf(const persist::MealWrite& write) {
  const std::string& told = write.day.has_value() ? write.day->entry.saisi_par() : write.meal.saisi_par();
  if (!told.empty()) return told;
  return write.producer.id.empty() ? write.producer.transport : write.producer.id;
}

std::string ReasonOf(const persist::MealWrite& write) {
  return write.day.has_value() ? write.day->entry.raison_correction() : write.meal.raison_correction();
}

int32_t LastSlotOf(const persist::MealWrite& write) {
  return write.day.has_value() ? 2 * write.meal.jour() + (write.day->soir.has_value() ? 1 : 0) : SlotOf(write.meal);
}

absl::Status CheckDay(const LotLedger& lot, int32_t jour, const DayWrite& day) {
  std::vector<std::string> known;
  for (int half = 0; half < 2; ++half) {
    if (Known(lot, 2 * jour + half) != nullptr && (day.correct || Tells(day, half))) known.push_back(kMoments[half]);
  }
  const bool entered = lot.days.contains(jour);
  if (day.correct) {
    if (entered || !known.empty()) return absl::OkStatus();
    return WithErrorInfo(absl::NotFoundError(absl::StrCat("nothing is known of day ", jour, " of lot ", lot.code_lot,
                                                          "; enter it with POST /api/lots/gavage (RecordDay)")),
                         "DAY_UNKNOWN", {{"lot", lot.code_lot}, {"jour", absl::StrCat(jour)}});
  }
  if (!entered && known.empty()) return absl::OkStatus();
  return WithErrorInfo(
      absl::AlreadyExistsError(absl::StrCat("day ", jour, " (", day.date, ") of lot ", lot.code_lot,
                                            entered ? " is entered already" : absl::StrCat(" has its meal of ", absl::StrJoin(known, " and ")),
                                            "; change it with PUT /api/lots/", lot.code_lot, "/jour/", jour, " (CorrectDay)")),
      "DAY_KNOWN", {{"lot", lot.code_lot}, {"jour", absl::StrCat(jour)}});
}

std::vector<Meal> MealsOfDay(const LotLedger& lot, int32_t jour, const DayWrite& day) {
  std::vector<Meal> meals;
  int last = 0;
  for (int half = 0; half < 2; ++half) {
    const MealEntry* known = Known(lot, 2 * jour + half);
    if (known != nullptr) last = half;
    if (!Takes(lot, jour, day, half)) continue;
    last = half;
    Meal& meal = meals.emplace_back();
    if (known != nullptr) meal = known->current.recorded.meal();
    meal.set_code_lot(lot.code_lot);
    meal.set_jour(jour);
    meal.set_moment(kMoments[half]);
    if (Tells(day, half)) {
      meal.set_dose_reelle(half == 0 ? day.entry.dose_matin() : day.entry.dose_soir());
      ToTimestamp(*(half == 0 ? day.matin : day.soir), meal.mutable_timestamp());
    }
    if (day.entry.has_temperature_stabule()) meal.set_temperature_stabule(day.entry.temperature_stabule());
    if (day.entry.has_humidite_stabule()) meal.set_humidite_stabule(day.entry.humidite_stabule());
  }
  const bool has_last = !meals.empty() && meals.back().moment() == kMoments[last];
  if (has_last && !day.entry.poids_echantillon().empty()) meals.back().set_poids_moyen(Mean(day.entry.poids_echantillon()));
  return meals;
}

void CountDayBirds(const LotLedger& lot, const DayWrite& day, bool first, Meal* meal) {
  const bool counted_now = day.entry.has_mortalite_jour();
  bool counted_before = false;
  int32_t deaths = first ? day.entry.mortalite_jour() : 0;
  for (int half = 0; half < 2; ++half) {
    const MealEntry* other = Known(lot, 2 * meal->jour() + half);
    if (other == nullptr) continue;
    counted_before = counted_before || other->current.recorded.meal().has_nb_morts();
    if (first && !Takes(lot, meal->jour(), day, half)) deaths -= other->current.recorded.meal().nb_morts();
  }
  if (!counted_now && (Known(lot, SlotOf(*meal)) != nullptr || !counted_before)) return;
  deaths = std::max(0, deaths);
  Meal counted = *meal;
  counted.clear_nb_canards_vivants();
  counted.clear_taux_mortalite();
  CountBirds(lot, deaths, &counted);
  if (counted.has_nb_canards_vivants()) *meal = std::move(counted);
  meal->set_nb_morts(deaths);
}

ItemOutcome OutcomeOfDay(const DayWrite& day, const std::vector<Meal>& meals, std::vector<ItemOutcome> outcomes) {
  ItemOutcome outcome;
  const bool changed = std::any_of(outcomes.begin(), outcomes.end(), [](const ItemOutcome& meal) { return meal.fate != Fate::kDuplicate; });
  outcome.fate = !day.correct ? Fate::kSaved : changed ? Fate::kCorrected : Fate::kDuplicate;
  double given = 0, prescribed = 0;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    ItemOutcome& meal = outcomes[i];
    outcome.gavage_ids.push_back(meal.gavage_id);
    for (auto& advice : meal.recommendations) outcome.recommendations.push_back(std::move(advice));
    // gap = (given - prescribed) / prescribed, so the prescribed dose follows, whoever prescribed it. Of nothing it does not: the gap is -100 %.
    if (!meal.dose_gap_pct.has_value() || *meal.dose_gap_pct <= -100) continue;
    given += meals[i].dose_reelle();
    prescribed += meals[i].dose_reelle() / (1 + *meal.dose_gap_pct / 100);
  }
  if (!outcome.gavage_ids.empty()) outcome.gavage_id = outcome.gavage_ids.front();
  if (prescribed > 0) outcome.dose_gap_pct = (given - prescribed) / prescribed * 100;
  return outcome;
}

absl::Status RequestReused(const std::string& request_id) {
  return WithErrorInfo(absl::AlreadyExistsError("this request_id (Idempotency-Key) was used for another content; use a new one for a new wish"),
                       "REQUEST_ID_REUSED", {{"request_id", request_id}});
}

std::string PackOutcome(const ItemOutcome& outcome) {
  feeding::v1::RecordDayResponse kept;
  kept.set_gavage_id(outcome.gavage_id);
  kept.mutable_gavage_ids()->Add(outcome.gavage_ids.begin(), outcome.gavage_ids.end());
  kept.set_status(StatusName(outcome.fate));
  if (outcome.dose_gap_pct.has_value()) kept.mutable_ecart_courbe_theorique()->set_value(*outcome.dose_gap_pct);
  kept.set_alerte_generee(outcome.alerts_opened > 0);
  for (const auto& advice : outcome.recommendations) *kept.add_recommandations() = advice;
  return kept.SerializeAsString();
}

absl::StatusOr<ItemOutcome> UnpackOutcome(const std::string& packed) {
  feeding::v1::RecordDayResponse kept;
  if (!kept.ParseFromString(packed)) return absl::InternalError("the kept answer of a request cannot be read");
  ItemOutcome outcome;
  outcome.fate = kept.status() == "corrected" ? Fate::kCorrected : kept.status() == "duplicate" ? Fate::kDuplicate : Fate::kSaved;
  outcome.gavage_id = kept.gavage_id();
  outcome.gavage_ids.assign(kept.gavage_ids().begin(), kept.gavage_ids().end());
  if (kept.has_ecart_courbe_theorique()) outcome.dose_gap_pct = kept.ecart_courbe_theorique().value();
  outcome.alerts_opened = kept.alerte_generee() ? 1 : 0;
  outcome.recommendations.assign(kept.recommandations().begin(), kept.recommandations().end());
  outcome.replayed = true;
  return outcome;
}

}  // namespace egi::storage
