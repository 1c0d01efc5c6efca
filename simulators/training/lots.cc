#include "simulators/training/lots.h"

#include "absl/strings/str_format.h"
#include "server/analytics/ml/classes.h"
#include "simulators/feeding/lot.h"
#include "simulators/lot_monitor/profile.h"
#include "simulators/station/inspection.h"
#include "simulators/station/profile_loader.h"

namespace egi::training {
namespace {

using analytics::ml::kGrades;
using analytics::ml::LotHistory;
using feeding::v1::Meal;

constexpr double kCampaignItm = 14.97;  // kg of corn per kg of liver, mean of the reference file (domain.md section 15), as the lot monitor takes it

LotHistory Raise(const std::string& code, uint64_t seed, int index) {
  feeding_simulator::Random random(seed * 1000003 + static_cast<uint64_t>(index));
  feeding_simulator::LotPlan plan = feeding_simulator::DrawLotPlan(index, random);
  LotHistory history;
  history.breed = feeding_simulator::BreedName(plan.breed);
  history.birds_placed = plan.birds;
  const bool worse = random.Unit() < 0.5;
  const double growth = worse ? random.Uniform(0.55, 1.05) : 1, loss = worse ? random.Uniform(0, 0.08) : 0;
  feeding_simulator::SimulatedLot lot(code, plan, feeding_simulator::CurveMode::kStrain, random);
  const double start = lot.Announce().poids_moyen(), meals = 2.0 * plan.days;
  while (!lot.finished()) {
    const Meal meal = lot.Feed();
    const double given = static_cast<double>(history.meals.size() + 1);
    history.meals.push_back({meal.dose_reelle(), meal.dose_theorique(), start + growth * (meal.poids_moyen() - start),
                             meal.nb_canards_vivants() - static_cast<int>(loss * plan.birds * given / meals)});
  }
  history.finished = true;
  return history;
}

// The finished lot as the inspection queue tells it.
quality::v1::PendingLot Pending(const LotHistory& history) {
  const analytics::ml::LotMeal& last = history.meals.back();
  quality::v1::PendingLot lot;
  lot.set_genetique(history.breed);
  lot.mutable_poids_moyen_final()->set_value(last.mean_weight_g);
  lot.mutable_taux_mortalite()->set_value(100.0 * (history.birds_placed - last.alive) / history.birds_placed);
  return lot;
}

double CornG(const LotHistory& history) {
  double corn = 0;
  for (const auto& meal : history.meals) corn += meal.dose_g;
  return corn;
}

}  // namespace

absl::StatusOr<std::vector<LotExample>> MakeLots(uint64_t seed, int first, int count, int samples) {
  const auto book = station::ProfileBook::BuiltIn();
  if (!book.ok()) return book.status();
  std::vector<LotExample> lots;
  for (int index = first; index < first + count; ++index) {
    station::LotUnderInspection inspected;
    inspected.code_lot = absl::StrFormat("MT%07d", index);
    LotExample lot;
    lot.history = Raise(inspected.code_lot, seed, index);
    inspected.expected_liver_mass_g = CornG(lot.history) / kCampaignItm;
    const auto profile = book->Find(lot_monitor::ChooseProfile(Pending(lot.history)));
    if (!profile.ok()) return profile.status();
    for (const auto& sample : station::InspectLot(inspected, *profile, samples, seed, absl::UnixEpoch())) {
      int grade = 0;
      while (sample.fusion().final_grade() != kGrades[grade]) ++grade;
      lot.grades.push_back(grade);
      lot.scores.push_back(sample.fusion().final_score());
      lot.mean_score += lot.scores.back() / samples;
    }
    lots.push_back(std::move(lot));
  }
  return lots;
}

LotHistory After(const LotHistory& whole, size_t meals) {
  LotHistory lot = whole;
  if (meals >= whole.meals.size()) return lot;
  lot.meals.resize(meals);
  lot.finished = false;
  return lot;
}

}  // namespace egi::training
