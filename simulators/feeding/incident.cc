#include "simulators/feeding/incident.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace egi::feeding_simulator {
namespace {

constexpr std::array<std::pair<IncidentType, const char*>, 8> kTypes = {{{IncidentType::kPowerFailure, "power_failure"},
                                                                         {IncidentType::kDisease, "disease"},
                                                                         {IncidentType::kHeatWave, "heat_wave"},
                                                                         {IncidentType::kOverdose, "overdose"},
                                                                         {IncidentType::kMissedMeal, "missed_meal"},
                                                                         {IncidentType::kSensorDrift, "sensor_drift"},
                                                                         {IncidentType::kDuplicate, "duplicate"},
                                                                         {IncidentType::kOutOfOrder, "out_of_order"}}};

// simulators.md section 1.8.
constexpr double kRiseCPerHour = 0.8;
constexpr double kMaxRiseC = 8;
constexpr double kHumidityPerHour = 2;
constexpr double kHeatLowC = 27;
constexpr double kHeatSpanC = 5;
constexpr double kHeatDeaths = 2;
constexpr int kRecoveryMeals = 4;

// Part of the disease left at a meal: 1 while it lasts, then 3/4, 1/2, 1/4, 0.
double DiseaseAt(absl::Duration since, absl::Duration duration) {
  if (since < duration) return 1;
  const double meals_after = absl::FDivDuration(since - duration, kMealInterval);
  return std::max(0.0, 1 - (std::floor(meals_after) + 1) / kRecoveryMeals);
}

bool IsLotName(const std::string& lot) {
  if (std::all_of(lot.begin(), lot.end(), absl::ascii_isdigit)) {
    int number = 0;
    return absl::SimpleAtoi(lot, &number) && number > 0;
  }
  const std::string site = lot.substr(0, 2);
  return lot.size() == 9 && (site == "LL" || site == "LS" || site == "MT") && std::all_of(lot.begin() + 2, lot.end(), absl::ascii_isdigit);
}

void Apply(const LotIncident& incident, int meal, MealEffects* effects) {
  const absl::Duration since = (meal - incident.from_meal) * kMealInterval;
  if (since < absl::ZeroDuration()) return;
  const bool during = since < incident.duration;
  const double hours = absl::ToDoubleHours(since), i = incident.intensity;
  switch (incident.type) {
    case IncidentType::kPowerFailure:
      if (during) effects->held = std::max(effects->held, incident.duration - since);
      // What has warmed up is still warm at the moment the power comes back.
      if (since <= incident.duration) {
        effects->temperature_rise_c += i * std::min(kMaxRiseC, kRiseCPerHour * hours);
        effects->humidity_rise_pct += i * kHumidityPerHour * hours;
      }
      break;
    case IncidentType::kDisease: {
      const double strength = i * DiseaseAt(since, incident.duration);
      effects->death_factor *= 1 + 10 * strength;
      effects->dose_factor *= 1 - 0.4 * strength;
      effects->gain_factor *= 1 - 0.7 * strength;
      break;
    }
    case IncidentType::kHeatWave:
      if (!during) break;
      effects->heat_high_c = std::max(effects->heat_high_c.value_or(kHeatLowC), kHeatLowC + kHeatSpanC * i);
      effects->heat_death_factor = kHeatDeaths;
      break;
    case IncidentType::kOverdose:
      if (during) effects->overdose = std::max(effects->overdose.value_or(0), 1 + i);
      break;
    case IncidentType::kMissedMeal:
      effects->missed |= during;
      break;
    case IncidentType::kSensorDrift:
      if (!during) break;
      (incident.measure == Measure::kTemperature ? effects->temperature_rise_c : effects->humidity_rise_pct) += i * hours / 24;
      break;
    case IncidentType::kDuplicate:
      effects->twice |= during;
      break;
    case IncidentType::kOutOfOrder:
      effects->late |= during;
      break;
  }
}

bool Touches(const LotIncident& incident, int meal) {
  const absl::Duration since = (meal - incident.from_meal) * kMealInterval;
  if (since < absl::ZeroDuration()) return false;
  if (incident.type == IncidentType::kDisease) return DiseaseAt(since, incident.duration) > 0;
  return since < incident.duration || (incident.type == IncidentType::kPowerFailure && since == incident.duration);
}

}  // namespace

const char* IncidentTypeName(IncidentType type) {
  for (const auto& [each, name] : kTypes) {
    if (each == type) return name;
  }
  return "";
}

absl::StatusOr<IncidentType> ParseIncidentType(const std::string& name) {
  for (const auto& [type, each] : kTypes) {
    if (name == each) return type;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "is \"", name, "\", expected ", absl::StrJoin(kTypes, ", ", [](std::string* out, const auto& type) { absl::StrAppend(out, type.second); })));
}

IntensityRange IntensityOf(IncidentType type, Measure measure) {
  switch (type) {
    case IncidentType::kPowerFailure:
    case IncidentType::kHeatWave:
      return {true, 0, 1, 1};
    case IncidentType::kDisease:
      return {true, 0, 1, 0.6};
    case IncidentType::kOverdose:
      return {true, 0, 1, 0.3};
    case IncidentType::kSensorDrift:
      return measure == Measure::kTemperature ? IntensityRange{true, -20, 20, 4} : IntensityRange{true, -50, 50, 10};
    default:
      return {false, 0, 0, 0};
  }
}

absl::Status Incident::Validate() const {
  std::vector<std::string> bad;
  if (!lot.empty() && !site.empty()) bad.push_back("lot and site are both told; give one of them, or neither for all lots");
  if (!lot.empty() && !IsLotName(lot)) bad.push_back(absl::StrCat("lot is \"", lot, "\", expected a code such as LL2602003 or the number of a lot in the simulation, from 1"));
  if (!site.empty() && site != "LL" && site != "LS" && site != "MT") bad.push_back(absl::StrCat("site is \"", site, "\", expected LL, LS or MT"));
  if (from_meal.has_value() && (*from_meal < 0 || *from_meal >= kMaxMeals)) bad.push_back("from is not a meal from J0 matin to J27 soir");
  if (duration <= absl::ZeroDuration() || duration > kMaxMeals * kMealInterval) {
    bad.push_back(absl::StrCat("duration is ", absl::FormatDuration(duration), ", expected more than 0 and at most 28 days"));
  }
  const IntensityRange range = IntensityOf(type, measure);
  if (!range.used && intensity != 0) {
    bad.push_back(absl::StrCat("intensity has no meaning for ", IncidentTypeName(type), "; leave it out"));
  } else if (range.used && !(intensity >= range.low && intensity <= range.high)) {
    bad.push_back(absl::StrCat("intensity is ", intensity, ", expected ", range.low, " to ", range.high));
  }
  if (type != IncidentType::kSensorDrift && measure != Measure::kTemperature) bad.push_back("measure belongs to sensor_drift only");
  return bad.empty() ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrJoin(bad, "; "));
}

std::string Incident::Describe() const {
  std::string text = IncidentTypeName(type);
  absl::StrAppend(&text, !lot.empty() ? absl::StrCat(", lot ", lot) : !site.empty() ? absl::StrCat(", site ", site) : ", all lots");
  if (from_meal.has_value()) absl::StrAppend(&text, ", from J", *from_meal / 2, *from_meal % 2 == 0 ? " matin" : " soir");
  absl::StrAppend(&text, ", ", absl::ToDoubleHours(duration), " h");
  if (type == IncidentType::kSensorDrift) absl::StrAppend(&text, measure == Measure::kTemperature ? ", temperature" : ", humidity");
  if (IntensityOf(type, measure).used) absl::StrAppend(&text, ", intensity ", intensity);
  if (type == IncidentType::kMissedMeal) absl::StrAppend(&text, ", the last meal of a lot excepted");
  return text;
}

bool Concerns(const Incident& incident, const std::string& code, const std::string& site, int number) {
  if (!incident.site.empty()) return incident.site == site;
  return incident.lot.empty() || incident.lot == code || incident.lot == absl::StrCat(number);
}

MealEffects EffectsOn(const std::vector<LotIncident>& incidents, int meal) {
  MealEffects effects;
  for (const LotIncident& incident : incidents) Apply(incident, meal, &effects);
  return effects;
}

std::vector<std::string> ActiveAt(const std::vector<LotIncident>& incidents, int meal) {
  std::vector<std::string> names;
  for (const LotIncident& incident : incidents) {
    const std::string name = IncidentTypeName(incident.type);
    if (Touches(incident, meal) && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace egi::feeding_simulator
