// What is known about a lot when its figures are asked for.
#ifndef EGI_SERVER_PERFORMANCE_FACTS_H_
#define EGI_SERVER_PERFORMANCE_FACTS_H_

#include <optional>
#include <string>

namespace egi::performance {

// Figures of several livers or lots.
struct Spread {
  int count = 0;
  double mean = 0;
  std::optional<double> deviation;  // sample standard deviation; absent for fewer than two
};

// Everything that is absent is unknown; nothing is imputed. Weights in g, corn in g per duck, ages and durations in days.
struct LotFacts {
  std::string statut;      // en_preparation, en_gavage, termine, abattu or annule
  std::string genetique;   // Mulard, Barbarie, Pékin, Mixte or empty
  std::string souche;      // strain as in the campaign file, or empty

  std::optional<double> itm;          // final, kg/kg
  std::optional<double> sigma;        // final, fraction
  std::optional<double> liver_g;      // weighed mean
  double corn_given_g = 0;            // 0 before the first meal
  std::optional<double> corn_goal_g;  // agreed
  // The lot's curve in force (own_curve), else the reference curve of the strain over the planned duration: the whole, and the meals that are still to come.
  // Absent without both.
  bool own_curve = false;
  std::optional<double> curve_total_g;
  std::optional<double> curve_left_g;

  std::optional<int> birds_hung;
  std::optional<int> birds_alive;     // else placed

  std::optional<int> age_days;        // at the first day
  std::optional<int> planned_days;
  std::optional<int> real_days;       // of a finished lot, where it was told
  int days_fed = 0;                   // days with a meal
  int meals_given = 0;                // meals with a dose above 0
  int meals_left = 0;                 // that the plan still allows after the newest meal; meaningless without planned_days

  Spread sensed_liver_g;              // liver masses from sensor volumes
  Spread earlier_liver_g;             // mean liver weights of earlier final lots of the strain, weighted by birds hung

  bool Ended() const { return statut == "termine" || statut == "abattu"; }
};

}  // namespace egi::performance

#endif  // EGI_SERVER_PERFORMANCE_FACTS_H_
