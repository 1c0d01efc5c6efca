#include "simulators/feeding/lot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"

namespace egi::feeding_simulator {
namespace {

// domain.md section 8: range of the initial weight and of the gain per meal, g.
struct Growth {
  double initial_low, initial_high;
  double gain_low, gain_high;
};

Growth GrowthOf(Breed breed) {
  switch (breed) {
    case Breed::kMulard:
      return {4400, 4600, 60, 90};
    case Breed::kBarbarie:
      return {3800, 4000, 50, 70};
    case Breed::kPekin:
      return {4000, 4200, 55, 75};
  }
  return {};
}

// simulators.md section 1.2: feeders 1 and 4 at LL, 2 and 5 at LS, 3 at MT.
constexpr std::array<const char*, 5> kSiteOfGaveur = {"LL", "LS", "MT", "LL", "LS"};

// simulators.md section 1.3 [D]: gain follows the dose with this exponent.
constexpr double kDoseExponent = 0.8;
constexpr absl::Duration kMorning = absl::Hours(8);
constexpr absl::Duration kEvening = absl::Hours(20);

double RoundTo(double value, double step) { return std::round(value / step) * step; }

}  // namespace

LotPlan DrawLotPlan(int index, Random& random) {
  LotPlan plan;
  const int gaveur = index % static_cast<int>(kSiteOfGaveur.size());
  plan.gaveur_id = gaveur + 1;
  plan.site = kSiteOfGaveur[gaveur];
  plan.birds = random.Integer(45, 55);
  plan.days = random.Integer(11, 14);
  const double draw = random.Unit();
  plan.breed = draw < 0.6 ? Breed::kMulard : draw < 0.8 ? Breed::kBarbarie : Breed::kPekin;
  return plan;
}

SimulatedLot::SimulatedLot(std::string code, LotPlan plan, CurveMode mode, Random random)
    : code_(std::move(code)),
      plan_(std::move(plan)),
      mode_(mode),
      prescribed_(PrescribedDoses(mode, plan_.breed, plan_.days)),
      random_(random) {
  const Growth growth = GrowthOf(plan_.breed);
  ducks_.reserve(plan_.birds);
  for (int i = 0; i < plan_.birds; ++i) ducks_.push_back({random_.Uniform(growth.initial_low, growth.initial_high)});
}

absl::Time SimulatedLot::next_meal_time() const {
  return plan_.first_day + (next_meal_ / 2) * absl::Hours(24) + (next_meal_ % 2 == 0 ? kMorning : kEvening);
}

feeding::v1::Meal SimulatedLot::Announce() const {
  return Describe(-1, true, plan_.first_day - absl::Hours(24) + kEvening);
}

feeding::v1::Meal SimulatedLot::Feed() {
  const int day = next_meal_ / 2;
  const bool evening = next_meal_ % 2 == 1;
  const double prescribed = RoundTo(prescribed_[next_meal_], 0.1);
  const double given = RoundTo(prescribed * (1 + DrawDoseGap(mode_, random_)), 0.1);
  const absl::Time time = next_meal_time();
  Grow(day, given / prescribed);
  ++next_meal_;

  feeding::v1::Meal meal = Describe(day, evening, time);
  meal.set_dose_theorique(prescribed);
  meal.set_dose_reelle(given);
  meal.set_temperature_stabule(RoundTo(random_.Uniform(19, 23), 0.1));
  meal.set_humidite_stabule(RoundTo(random_.Uniform(55, 75), 0.1));
  meal.set_repas(next_meal_);
  meal.set_pret_abattage(finished());
  return meal;
}

void SimulatedLot::Grow(int day, double dose_ratio) {
  const Growth growth = GrowthOf(plan_.breed);
  const double shape = 1.5 - 0.5 * day / plan_.days;
  const double death = 0.0005 + 0.0001 * day;
  const double dose_effect = std::pow(dose_ratio, kDoseExponent);
  for (Duck& duck : ducks_) {
    if (!duck.alive) continue;
    duck.weight_g += random_.Uniform(growth.gain_low, growth.gain_high) * shape * random_.Uniform(0.9, 1.1) * dose_effect;
    if (random_.Unit() < death && Alive() > 1) duck.alive = false;
  }
}

feeding::v1::Meal SimulatedLot::Describe(int day, bool evening, absl::Time time) const {
  feeding::v1::Meal meal;
  meal.set_code_lot(code_);
  meal.set_gaveur_id(plan_.gaveur_id);
  meal.set_gaveur_nom(absl::StrCat("Gaveur ", plan_.gaveur_id));
  meal.set_site(plan_.site);
  meal.set_genetique(BreedName(plan_.breed));
  meal.set_jour(day);
  meal.set_moment(evening ? "soir" : "matin");
  meal.set_poids_moyen(RoundTo(MeanWeightG(), 0.1));
  meal.set_nb_canards_vivants(Alive());
  meal.set_nb_canards_initial(plan_.birds);
  meal.set_taux_mortalite(RoundTo(100.0 * (plan_.birds - Alive()) / plan_.birds, 0.01));
  *meal.mutable_timestamp() = google::protobuf::util::TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(time));
  return meal;
}

int SimulatedLot::Alive() const {
  return static_cast<int>(std::count_if(ducks_.begin(), ducks_.end(), [](const Duck& duck) { return duck.alive; }));
}

double SimulatedLot::MeanWeightG() const {
  double sum = 0;
  for (const Duck& duck : ducks_) sum += duck.alive ? duck.weight_g : 0;
  return sum / Alive();
}

}  // namespace egi::feeding_simulator
