#include "simulators/training/metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "server/analytics/ml/classes.h"

namespace egi::training {

using analytics::ml::kGrades;
using nlohmann::json;

double Rounded(double value) { return std::round(value * 1e4) / 1e4; }

void Tally::Count(bool truth, bool told) { ++(truth ? (told ? hits : misses) : (told ? false_alarms : quiet)); }

double Tally::precision() const { return hits + false_alarms > 0 ? static_cast<double>(hits) / static_cast<double>(hits + false_alarms) : 1; }
double Tally::recall() const { return hits + misses > 0 ? static_cast<double>(hits) / static_cast<double>(hits + misses) : 1; }
double Tally::f1() const { return precision() + recall() > 0 ? 2 * precision() * recall() / (precision() + recall()) : 0; }

json Tally::Json() const {
  return {{"precision", Rounded(precision())}, {"recall", Rounded(recall())}, {"f1", Rounded(f1())}, {"support", hits + misses}};
}

void Confusion::Count(int truth, int told) { ++cells_[truth][told]; }

int64_t Confusion::total() const {
  int64_t sum = 0;
  for (const auto& row : cells_) {
    for (const int64_t cell : row) sum += cell;
  }
  return sum;
}

double Confusion::accuracy() const {
  int64_t right = 0;
  for (size_t i = 0; i < cells_.size(); ++i) right += cells_[i][i];
  return static_cast<double>(right) / static_cast<double>(total());
}

double Confusion::within_one() const {
  int64_t near = 0;
  for (int i = 0; i < 5; ++i) {
    for (int k = 0; k < 5; ++k) near += std::abs(i - k) <= 1 ? cells_[i][k] : 0;
  }
  return static_cast<double>(near) / static_cast<double>(total());
}

Tally Confusion::Of(int grade) const {
  Tally tally;
  for (int i = 0; i < 5; ++i) {
    for (int k = 0; k < 5; ++k) {
      (i == grade ? (k == grade ? tally.hits : tally.misses) : (k == grade ? tally.false_alarms : tally.quiet)) += cells_[i][k];
    }
  }
  return tally;
}

template <typename Figure>
double Confusion::Mean(Figure figure) const {
  double sum = 0;
  int count = 0;
  for (int grade = 0; grade < 5; ++grade) {
    const Tally tally = Of(grade);
    if (tally.hits + tally.misses == 0) continue;
    sum += figure(tally);
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

double Confusion::macro_precision() const { return Mean([](const Tally& t) { return t.precision(); }); }
double Confusion::macro_recall() const { return Mean([](const Tally& t) { return t.recall(); }); }
double Confusion::macro_f1() const { return Mean([](const Tally& t) { return t.f1(); }); }

json Confusion::Json() const {
  json classes = json::object();
  for (int grade = 0; grade < 5; ++grade) classes[kGrades[grade]] = Of(grade).Json();
  return {{"samples", total()},
          {"accuracy", Rounded(accuracy())},
          {"within_one_grade", Rounded(within_one())},
          {"macro_precision", Rounded(macro_precision())},
          {"macro_recall", Rounded(macro_recall())},
          {"macro_f1", Rounded(macro_f1())},
          {"classes", classes},
          {"confusion", cells_}};
}

double CalibrationError(const std::vector<double>& confidence, const std::vector<bool>& right) {
  struct Bin {
    double confidence = 0, right = 0;
  };
  std::array<Bin, 10> bins;
  for (size_t i = 0; i < confidence.size(); ++i) {
    Bin& bin = bins[std::min<size_t>(9, static_cast<size_t>(confidence[i] * 10))];
    bin.confidence += confidence[i];
    bin.right += right[i] ? 1 : 0;
  }
  double gap = 0;
  for (const Bin& bin : bins) gap += std::abs(bin.confidence - bin.right);
  return confidence.empty() ? 0 : gap / static_cast<double>(confidence.size());
}

}  // namespace egi::training
