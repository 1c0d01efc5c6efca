// A simulated lot: ducks that eat, grow and sometimes die (simulators.md section 1).
#ifndef EGI_SIMULATORS_FEEDING_LOT_H_
#define EGI_SIMULATORS_FEEDING_LOT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "simulators/feeding/curve.h"
#include "simulators/feeding/incident.h"
#include "simulators/feeding/random.h"

namespace egi::feeding_simulator {

// What a lot is before its first meal.
struct LotPlan {
  std::string site;      // LL, LS or MT
  int gaveur_id = 0;
  Breed breed = Breed::kMulard;
  int birds = 0;         // placed
  int days = 0;          // planned duration; 2 * days meals, J0 to J(days - 1)
  absl::Time first_day;  // midnight of J0 in simulated time
};

// Draws plan number `index` (0, 1, ...) of a simulation: gaveurs 1..5 in turn, 45 to 55 birds, 11 to 14 days, breeds 60/20/20 %
// (section 1.2). `first_day` is left to the caller, who knows the clock.
LotPlan DrawLotPlan(int index, Random& random);

// A meal and when its message arrives, in simulated time: once at the time of the meal when nothing is wrong, never when it was missed, twice
// when it is repeated, later when it is held by a power failure or out of order.
struct Serving {
  feeding::v1::Meal meal;
  absl::Time time;
  std::vector<absl::Time> deliveries;
};

// One running lot. The same constructor arguments and incidents give the same servings. Not thread-safe.
class SimulatedLot {
 public:
  SimulatedLot(std::string code, LotPlan plan, CurveMode mode, Random random);

  const std::string& code() const { return code_; }
  const LotPlan& plan() const { return plan_; }
  bool finished() const { return next_meal_ == 2 * plan_.days; }
  // Index of the next meal: 0 = J0 matin, 1 = J0 soir ...
  int next_meal() const { return next_meal_; }
  int alive() const;
  double mean_weight_g() const;
  const std::vector<LotIncident>& incidents() const { return incidents_; }
  // Simulated time of the next meal: 08:00 or 20:00 UTC of its day. Meaningless when finished.
  absl::Time next_meal_time() const { return TimeOf(next_meal_); }

  // From now on the lot suffers this too. Its first meal must not have been given. A missed_meal ends before the last meal, which tells that the lot is finished.
  void Suffer(LotIncident incident);

  // The message that announces the lot (jour = -1): birds and weight, no dose.
  feeding::v1::Meal Announce() const;

  // Gives the next meal. Must not be called when finished.
  Serving Serve();
  feeding::v1::Meal Feed() { return Serve().meal; }

 private:
  struct Duck {
    double weight_g;
    bool alive = true;
  };

  absl::Time TimeOf(int meal) const;
  void Grow(int day, double dose_ratio, double gain_factor, double death_factor);
  double HeatC(double high) const;
  feeding::v1::Meal Describe(int day, bool evening, absl::Time time) const;
  std::vector<absl::Time> Deliveries(const MealEffects& effects, absl::Time time) const;

  const std::string code_;
  const LotPlan plan_;
  const CurveMode mode_;
  const std::vector<double> prescribed_;
  Random random_;
  const uint64_t heat_seed_;
  std::vector<Duck> ducks_;
  std::vector<LotIncident> incidents_;
  int next_meal_ = 0;
  int told_alive_;  // birds alive in the newest message
};

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_LOT_H_
