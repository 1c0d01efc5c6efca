// What can go wrong in a simulation of feeding, and what it does to a lot (simulators.md section 1.8).
#ifndef EGI_SIMULATORS_FEEDING_INCIDENT_H_
#define EGI_SIMULATORS_FEEDING_INCIDENT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace egi::feeding_simulator {

enum class IncidentType {
  kPowerFailure,  // no ventilation: +0.8 degrees an hour up to +8, +2 % RH an hour; messages of the time arrive, in order, when the power is back
  kDisease,       // deaths x (1 + 10 i), doses x (1 - 0.4 i), gains x (1 - 0.7 i); fades over the four meals that follow
  kHeatWave,      // 27 to 27 + 5 i degrees; deaths x 2 above 28
  kOverdose,      // dose given = prescribed x (1 + i)
  kMissedMeal,    // the meal is not given and no message tells of it; never the last one of a lot, whose message tells that the lot is finished
  kSensorDrift,   // i degrees (or % RH) a day are added to what the sensor tells, linear in time
  kDuplicate,     // every message is sent twice
  kOutOfOrder,    // every message is sent one simulated minute after the one that should follow it
};

// As in incident files: power_failure, disease, heat_wave, overdose, missed_meal, sensor_drift, duplicate, out_of_order.
const char* IncidentTypeName(IncidentType type);

// Errors: INVALID_ARGUMENT listing the names.
absl::StatusOr<IncidentType> ParseIncidentType(const std::string& name);

// What a drifting sensor measures.
enum class Measure { kTemperature, kHumidity };

// Values an intensity may have, and the one it has when none is told. `used` is false for types that know no intensity.
struct IntensityRange {
  bool used;
  double low, high, usual;
};
IntensityRange IntensityOf(IncidentType type, Measure measure);

inline constexpr absl::Duration kMealInterval = absl::Hours(12);
// Longest gavage: days J0 to J27.
inline constexpr int kMaxMeals = 56;

// An incident as a person declares it.
struct Incident {
  IncidentType type = IncidentType::kPowerFailure;
  std::string lot = {};              // code of a lot, or its number in the simulation (1, 2, ...); empty = not told
  std::string site = {};             // LL, LS or MT; empty = not told. Neither lot nor site = all lots
  std::optional<int> from_meal = {}; // 0 = J0 matin, 1 = J0 soir ...; nullopt = the next meal of each lot
  absl::Duration duration = kMealInterval;  // simulated; meals in [from, from + duration) are hit
  double intensity = 0;              // see IntensityOf
  Measure measure = Measure::kTemperature;  // sensor_drift only

  // OK, or INVALID_ARGUMENT naming every bad field.
  absl::Status Validate() const;
  // "disease, site LL, from J3 matin, 36 h, intensity 0.6"; of a missed_meal also that the last meal is excepted.
  std::string Describe() const;
};

// An incident as one lot suffers it.
struct LotIncident {
  IncidentType type;
  int from_meal;
  absl::Duration duration;
  double intensity;
  Measure measure;
};

// Whether `incident` is meant for this lot. `number` counts the lots of the simulation from 1.
bool Concerns(const Incident& incident, const std::string& code, const std::string& site, int number);

// What the incidents of a lot do to one meal.
struct MealEffects {
  bool missed = false;
  bool twice = false;
  bool late = false;                          // delivered after the meal that follows
  absl::Duration held = absl::ZeroDuration(); // power comes back this long after the meal
  double death_factor = 1;
  double heat_death_factor = 1;               // on top, when it is hotter than 28 degrees
  double dose_factor = 1;
  double gain_factor = 1;
  std::optional<double> overdose;             // dose given = prescribed x this
  std::optional<double> heat_high_c;          // temperature lies between 27 and this
  double temperature_rise_c = 0;
  double humidity_rise_pct = 0;
};
MealEffects EffectsOn(const std::vector<LotIncident>& incidents, int meal);

// Names of the incidents that touch this meal, each once.
std::vector<std::string> ActiveAt(const std::vector<LotIncident>& incidents, int meal);

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_INCIDENT_H_
