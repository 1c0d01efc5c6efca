// What the forecast of a lot's quality sees of its feeding. Shared by the training and the server.
#ifndef EGI_SERVER_ANALYTICS_ML_LOT_INPUTS_H_
#define EGI_SERVER_ANALYTICS_ML_LOT_INPUTS_H_

#include <array>
#include <string>
#include <vector>


namespace egi::analytics::ml {

inline constexpr int kLotFigures = 11;
inline constexpr int kMealsNeeded = 6;  // with a mean weight

// Names of the figures, in their order.
extern const std::array<const char*, kLotFigures> kLotFigureNames;

// A meal; 0 = unknown.
struct LotMeal {
  double dose_g = 0;         // given, per duck
  double target_g = 0;       // prescribed
  double mean_weight_g = 0;
  int alive = 0;
};

struct LotHistory {
  std::string breed;         // Mulard, Barbarie, Pékin or empty
  int birds_placed = 0;      // 0 = as many as at the first meal
  bool finished = false;     // the last meal was given
  std::vector<LotMeal> meals = {};  // in the order given
};

// Meals with a mean weight.
int WeighedMeals(const LotHistory& lot);

// Breed (two figures of 0 or 1), the last mean weight against the optimal and the minimal weight of the breed (domain.md section 13) in units of 100 g
// within +-8, mortality in %, mean gain a meal over the last six weighed meals in units of 10 g, meals given, 1 when finished, corn per duck in kg,
// mean and spread of the gap between dose and prescription in %. Needs kMealsNeeded weighed meals.
std::array<float, kLotFigures> LotFiguresOf(const LotHistory& lot);

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_LOT_INPUTS_H_
