// Figures of a classifier on data it has never seen.
#ifndef EGI_SIMULATORS_TRAINING_METRICS_H_
#define EGI_SIMULATORS_TRAINING_METRICS_H_

#include <array>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

namespace egi::training {

// Right and wrong answers for one class.
struct Tally {
  int64_t hits = 0, false_alarms = 0, misses = 0, quiet = 0;
  void Count(bool truth, bool told);
  // 1 when nothing was told (precision) or nothing was there (recall).
  double precision() const;
  double recall() const;
  double f1() const;
  nlohmann::json Json() const;  // precision, recall, f1, support
};

// Confusion of grades: rows are the truth, columns the answer, both from A+ to REJECT.
class Confusion {
 public:
  void Count(int truth, int told);
  int64_t total() const;
  double accuracy() const;
  double within_one() const;  // share of answers at most one grade off
  Tally Of(int grade) const;
  // Means over the grades that occur.
  double macro_precision() const;
  double macro_recall() const;
  double macro_f1() const;
  nlohmann::json Json() const;

 private:
  template <typename Figure>
  double Mean(Figure figure) const;
  std::array<std::array<int64_t, 5>, 5> cells_{};
};

// Mean gap between the confidence of the chosen class and how often it is right, over ten classes of confidence (Guo et al. 2017).
double CalibrationError(const std::vector<double>& confidence, const std::vector<bool>& right);

// Rounded to four digits, for files and cards.
double Rounded(double value);

}  // namespace egi::training

#endif  // EGI_SIMULATORS_TRAINING_METRICS_H_
