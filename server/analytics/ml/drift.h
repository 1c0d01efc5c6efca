// Population stability index: how far the inputs of a period lie from those a model was trained on.
#ifndef EGI_SERVER_ANALYTICS_ML_DRIFT_H_
#define EGI_SERVER_ANALYTICS_ML_DRIFT_H_

#include <vector>

namespace egi::analytics::ml {

// Classes of one input and the share of the training inputs in each. Class i holds the values in (bounds[i-1], bounds[i]].
struct Reference {
  std::vector<double> bounds;    // rising; one less than shares
  std::vector<double> expected;  // add up to 1
};

// Up to ten classes of equal share; equal values are never parted, so there may be fewer. At least one value.
Reference MakeReference(std::vector<double> values);

// Share of the values in each class. At least one value.
std::vector<double> SharesOf(const Reference& reference, const std::vector<double>& values);

// Sum over the classes of (observed - expected) * ln(observed / expected) (Siddiqi, Credit Risk Scorecards, 2006); a share below 1e-4 counts as 1e-4.
double StabilityIndex(const std::vector<double>& expected, const std::vector<double>& observed);

// `stable` below 0.1, `drifted` above 0.25, `moderate` between (the same source).
const char* LevelOf(double index);

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_DRIFT_H_
