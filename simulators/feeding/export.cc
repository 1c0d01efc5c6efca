#include "simulators/feeding/export.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "server/curves/reference.h"

namespace egi::feeding_simulator {
namespace {

// domain.md sections 4, 5 and 15.2: the lots of the campaign.
constexpr double kItmDeviation = 1.70, kLowestItm = 12.03, kHighestItm = 19.06;
constexpr double kLowestSigma = 0.126, kHighestSigma = 0.220;
constexpr int kYoungest = 80, kOldest = 101;
constexpr uint64_t kSlaughterStream = 0x9E3779B97F4A7C15;

double Round(double value, double step) { return std::round(value / step) * step; }

// Sum of twelve uniform numbers, less six: mean 0, deviation 1.
double Normal(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.Unit();
  return sum;
}

// The strains of the campaign are crosses (domain.md section 4); a lot of one pure breed has the name of that breed.
std::string StrainOf(Breed breed) { return breed == Breed::kMulard ? "CF80* - M15 V2E SFM" : BreedName(breed); }

int IsoWeek(absl::CivilDay day) {
  const absl::CivilDay thursday = absl::NextWeekday(absl::PrevWeekday(day + 1, absl::Weekday::monday) - 1, absl::Weekday::thursday);
  return (absl::GetYearDay(thursday) - 1) / 7 + 1;
}

// SS YY D WW NN: site, year, series digit, ISO week of placement, number (domain.md section 3.2).
std::string RearingLot(const std::string& site, absl::CivilDay placed, int number) {
  return absl::StrFormat("%s%02d%d%02d%02d", site, placed.year() % 100, site == "LL" ? 7 : site == "LS" ? 8 : 9, IsoWeek(placed), number);
}

void Slaughter(const FinishedLot& lot, Random& random, campaign::CampaignLot* row) {
  row->hung = row->collected = lot.servings.back().meal.nb_canards_vivants();
  row->corn_kg = row->real_sum_g() / 1000;
  const double itm = curves::ReferenceOf("", BreedName(lot.plan.breed)).itm + kItmDeviation * Normal(random);
  row->itm = Round(std::clamp(itm, kLowestItm, kHighestItm), 0.01);
  row->sigma = Round(random.Uniform(kLowestSigma, kHighestSigma), 0.001);
  row->liver_g = 1000 * row->corn_kg / *row->itm;
  row->liver_sd_g = *row->sigma * *row->liver_g;
  row->age_days = random.Integer(kYoungest, kOldest);
  row->rearing_lot = RearingLot(lot.plan.site, row->start - row->age_days, random.Integer(1, 99));
}

campaign::CampaignLot RowOf(const FinishedLot& lot, uint64_t seed) {
  campaign::CampaignLot row;
  row.code = lot.code;
  row.start = absl::ToCivilDay(lot.plan.first_day, absl::UTCTimeZone());
  row.duration_days = lot.plan.days;
  row.strain = StrainOf(lot.plan.breed);
  row.placed = lot.plan.birds;
  row.cells["Gaveur"] = absl::StrCat("Gaveur ", lot.plan.gaveur_id);
  for (size_t i = 0; i < lot.servings.size(); ++i) {
    const feeding::v1::Meal& meal = lot.servings[i].meal;
    if (meal.dose_reelle() <= 0) continue;
    row.meals[i].target_g = std::round(meal.dose_theorique());
    row.meals[i].real_g = std::round(meal.dose_reelle());
  }
  Random random(seed + static_cast<uint64_t>(lot.number) * kSlaughterStream);
  Slaughter(lot, random, &row);
  return row;
}

}  // namespace

std::vector<campaign::CampaignLot> CampaignOf(const std::vector<FinishedLot>& lots, uint64_t seed, std::vector<std::string>* left_out) {
  std::vector<campaign::CampaignLot> rows;
  for (const FinishedLot& lot : lots) {
    if (lot.servings.size() > campaign::kMeals) {
      left_out->push_back(lot.code);
    } else {
      rows.push_back(RowOf(lot, seed));
    }
  }
  return rows;
}

absl::StatusOr<std::vector<FinishedLot>> FeedOffline(SimulationOptions options, absl::Time now) {
  if (options.continuous) return absl::InvalidArgumentError("without a server a continuous simulation would never end; leave one of them out");
  options.keep_finished = true;
  std::map<std::string, int> numbers;
  const CodeSource codes = [&numbers](int, const LotPlan& plan) -> absl::StatusOr<std::string> {
    const std::string month = plan.site + absl::FormatTime("%y%m", plan.first_day, absl::UTCTimeZone());
    return absl::StrFormat("%s%03d", month, ++numbers[month]);
  };
  absl::StatusOr<std::unique_ptr<Simulation>> simulation = Simulation::Create(std::move(options), codes, now);
  if (!simulation.ok()) return simulation.status();
  while (const std::optional<absl::Time> due = (*simulation)->NextDue()) {
    now = std::max(now, *due);
    if (auto step = (*simulation)->Step(now); !step.ok()) return step.status();
  }
  std::vector<FinishedLot> lots = (*simulation)->Finished();
  std::sort(lots.begin(), lots.end(), [](const FinishedLot& a, const FinishedLot& b) { return a.number < b.number; });
  return lots;
}

}  // namespace egi::feeding_simulator
