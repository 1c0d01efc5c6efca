// A simulated lot: ducks that eat, grow and sometimes die (simulators.md section 1).
#ifndef EGI_SIMULATORS_FEEDING_LOT_H_
#define EGI_SIMULATORS_FEEDING_LOT_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "simulators/feeding/curve.h"
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

// One running lot. Not thread-safe.
class SimulatedLot {
 public:
  SimulatedLot(std::string code, LotPlan plan, CurveMode mode, Random random);

  const std::string& code() const { return code_; }
  const LotPlan& plan() const { return plan_; }
  bool finished() const { return next_meal_ == 2 * plan_.days; }
  // Simulated time of the next meal: 08:00 or 20:00 UTC of its day. Meaningless when finished.
  absl::Time next_meal_time() const;

  // The message that announces the lot (jour = -1): birds and weight, no dose.
  feeding::v1::Meal Announce() const;

  // Gives the next meal. Must not be called when finished.
  feeding::v1::Meal Feed();

 private:
  struct Duck {
    double weight_g;
    bool alive = true;
  };

  void Grow(int day, double dose_ratio);
  feeding::v1::Meal Describe(int day, bool evening, absl::Time time) const;
  int Alive() const;
  double MeanWeightG() const;

  const std::string code_;
  const LotPlan plan_;
  const CurveMode mode_;
  const std::vector<double> prescribed_;
  Random random_;
  std::vector<Duck> ducks_;
  int next_meal_ = 0;
};

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_LOT_H_
