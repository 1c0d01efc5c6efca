// How closely the meals of a lot followed what was prescribed for them. Pure.
#ifndef EGI_SERVER_CURVES_CONFORMITY_H_
#define EGI_SERVER_CURVES_CONFORMITY_H_

#include <optional>
#include <vector>

namespace egi::curves {

// A meal is within tolerance below this deviation (domain.md section 9: from 10 % on it is an alert).
inline constexpr double kTolerancePct = 10;

// g per duck.
struct GivenMeal {
  int place = 0;  // 2 * day, + 1 in the evening
  std::optional<double> prescribed_g;
  double given_g = 0;
};

// Over the meals with a prescription above 0, except total_given_g.
struct ConformityFigures {
  int meals = 0;
  int days = 0;                         // with such a meal
  std::optional<double> mean_gap_pct;   // of |given - prescribed| / prescribed
  std::optional<double> max_gap_pct;
  std::optional<double> mean_gap_g;     // given - prescribed, signed
  int days_out_of_tolerance = 0;
  std::optional<double> conforming_pct; // meals within tolerance
  double total_given_g = 0;             // over all meals
  double total_prescribed_g = 0;
};

ConformityFigures ConformityOf(const std::vector<GivenMeal>& meals);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_CONFORMITY_H_
