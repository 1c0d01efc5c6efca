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

// A message out of order comes this long after the one that should follow it.
constexpr absl::Duration kOvertaken = absl::Minutes(1);
// Above this heat kills (simulators.md section 1.8).
constexpr double kDeadlyHeatC = 28;
// What the server takes for a reading of a building (domain.md section 8), and the largest dose.
constexpr double kLowestC = -20, kHighestC = 50, kMaxDoseG = 1000;

double RoundTo(double value, double step) { return std::round(value / step) * step; }

// A number of the lot's stream that taking does not use up, so that a lot without incidents stays as it was.
uint64_t Peek(Random random) { return static_cast<uint64_t>(random.Unit() * 0x1.0p53); }

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
      random_(random),
      heat_seed_(Peek(random)),
      told_alive_(plan_.birds) {
  const Growth growth = GrowthOf(plan_.breed);
  ducks_.reserve(plan_.birds);
  for (int i = 0; i < plan_.birds; ++i) ducks_.push_back({random_.Uniform(growth.initial_low, growth.initial_high)});
}

absl::Time SimulatedLot::TimeOf(int meal) const { return plan_.first_day + (meal / 2) * absl::Hours(24) + (meal % 2 == 0 ? kMorning : kEvening); }

feeding::v1::Meal SimulatedLot::Announce() const {
  return Describe(-1, true, plan_.first_day - absl::Hours(24) + kEvening);
}

void SimulatedLot::Suffer(LotIncident incident) {
  const int last = 2 * plan_.days - 1;
  if (incident.type == IncidentType::kMissedMeal) {
    if (incident.from_meal >= last) return;
    incident.duration = std::min(incident.duration, (last - incident.from_meal) * kMealInterval);
  }
  incidents_.push_back(incident);
}

Serving SimulatedLot::Serve() {
  const int day = next_meal_ / 2;
  const bool evening = next_meal_ % 2 == 1;
  const MealEffects effects = EffectsOn(incidents_, next_meal_);
  const double prescribed = RoundTo(prescribed_[next_meal_], 0.1);
  const double gap = DrawDoseGap(mode_, random_);
  const double wanted = effects.overdose.has_value() ? *effects.overdose * effects.dose_factor : (1 + gap) * effects.dose_factor;
  const double given = effects.missed ? 0 : std::min(kMaxDoseG, RoundTo(prescribed * wanted, 0.1));
  const double heat_c = effects.heat_high_c.has_value() ? HeatC(*effects.heat_high_c) : 0;
  Grow(day, given / prescribed, effects.gain_factor, effects.death_factor * (heat_c > kDeadlyHeatC ? effects.heat_death_factor : 1));

  Serving serving;
  serving.time = TimeOf(next_meal_);
  ++next_meal_;
  serving.meal = Describe(day, evening, serving.time);
  feeding::v1::Meal& meal = serving.meal;
  meal.set_dose_theorique(prescribed);
  meal.set_dose_reelle(given);
  const double usual_c = random_.Uniform(19, 23), usual_pct = random_.Uniform(55, 75);
  const double building_c = effects.heat_high_c.has_value() ? heat_c : usual_c;
  meal.set_temperature_stabule(RoundTo(std::clamp(building_c + effects.temperature_rise_c, kLowestC, kHighestC), 0.1));
  meal.set_humidite_stabule(RoundTo(std::clamp(usual_pct + effects.humidity_rise_pct, 0.0, 100.0), 0.1));
  meal.set_repas(next_meal_);
  meal.set_pret_abattage(finished());
  if (effects.missed) return serving;
  meal.set_nb_morts(told_alive_ - alive());
  told_alive_ = alive();
  serving.deliveries = Deliveries(effects, serving.time);
  return serving;
}

std::vector<absl::Time> SimulatedLot::Deliveries(const MealEffects& effects, absl::Time time) const {
  absl::Time arrival = time + effects.held;
  if (effects.late) arrival = std::max(arrival, TimeOf(next_meal_) + kOvertaken);
  return std::vector<absl::Time>(effects.twice ? 2 : 1, arrival);
}

// Temperature of the building in a heat wave, between 27 and `high` degrees; a number of its own for each meal.
double SimulatedLot::HeatC(double high) const {
  constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio
  return Random(heat_seed_ + static_cast<uint64_t>(next_meal_ + 1) * kSpread).Uniform(27, high);
}

void SimulatedLot::Grow(int day, double dose_ratio, double gain_factor, double death_factor) {
  const Growth growth = GrowthOf(plan_.breed);
  const double shape = 1.5 - 0.5 * day / plan_.days;
  const double death = (0.0005 + 0.0001 * day) * death_factor;
  const double dose_effect = std::pow(dose_ratio, kDoseExponent) * gain_factor;
  int living = alive();
  for (Duck& duck : ducks_) {
    if (!duck.alive) continue;
    duck.weight_g += random_.Uniform(growth.gain_low, growth.gain_high) * shape * random_.Uniform(0.9, 1.1) * dose_effect;
    if (random_.Unit() < death && living > 1) {
      duck.alive = false;
      --living;
    }
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
  meal.set_poids_moyen(RoundTo(mean_weight_g(), 0.1));
  meal.set_nb_canards_vivants(alive());
  meal.set_nb_canards_initial(plan_.birds);
  meal.set_taux_mortalite(RoundTo(100.0 * (plan_.birds - alive()) / plan_.birds, 0.01));
  *meal.mutable_timestamp() = google::protobuf::util::TimeUtil::SecondsToTimestamp(absl::ToUnixSeconds(time));
  return meal;
}

int SimulatedLot::alive() const {
  return static_cast<int>(std::count_if(ducks_.begin(), ducks_.end(), [](const Duck& duck) { return duck.alive; }));
}

double SimulatedLot::mean_weight_g() const {
  double sum = 0;
  for (const Duck& duck : ducks_) sum += duck.alive ? duck.weight_g : 0;
  return sum / alive();
}

}  // namespace egi::feeding_simulator
