#include "server/analytics/ml/drift.h"

#include <algorithm>
#include <cmath>

namespace egi::analytics::ml {
namespace {

constexpr size_t kClasses = 10;
constexpr double kLeastShare = 1e-4;

}  // namespace

Reference MakeReference(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  Reference reference;
  for (size_t i = 1; i < kClasses; ++i) {
    const double bound = values[(values.size() * i) / kClasses];
    if (bound < values.back() && (reference.bounds.empty() || bound > reference.bounds.back())) reference.bounds.push_back(bound);
  }
  reference.expected.resize(reference.bounds.size() + 1);
  reference.expected = SharesOf(reference, values);
  return reference;
}

std::vector<double> SharesOf(const Reference& reference, const std::vector<double>& values) {
  std::vector<double> shares(reference.bounds.size() + 1);
  for (const double value : values) {
    const auto place = std::lower_bound(reference.bounds.begin(), reference.bounds.end(), value) - reference.bounds.begin();
    shares[static_cast<size_t>(place)] += 1.0 / static_cast<double>(values.size());
  }
  return shares;
}

double StabilityIndex(const std::vector<double>& expected, const std::vector<double>& observed) {
  double index = 0;
  for (size_t i = 0; i < expected.size() && i < observed.size(); ++i) {
    const double e = std::max(expected[i], kLeastShare), o = std::max(observed[i], kLeastShare);
    index += (o - e) * std::log(o / e);
  }
  return index;
}

const char* LevelOf(double index) { return index < 0.1 ? "stable" : index <= 0.25 ? "moderate" : "drifted"; }

}  // namespace egi::analytics::ml
