// What is true of a liver of the twin, computed from the hidden liver and not from what the sensors see of it.
#ifndef EGI_SIMULATORS_TRAINING_TRUTH_H_
#define EGI_SIMULATORS_TRAINING_TRUTH_H_

#include <array>
#include <string>

#include "server/analyse/dome.h"
#include "server/analytics/ml/classes.h"
#include "simulators/station/liver.h"
#include "simulators/station/profile.h"

namespace egi::training {

// One mask of zones a class of defects.
using DefectMasks = std::array<std::array<bool, analyse::kZones>, analytics::ml::kDefectClasses>;

struct Truth {
  double score = 0;   // 0..1
  int grade = 0;      // index of analytics::ml::kGrades
  DefectMasks defects{};
};

// The grade that the rules (fusion, thresholds, forced rejections; server/analyse, with their default figures) give to the true values of the
// liver: its volume against the one its profile expects, its roughness, its reflectance, the true height or drop of each defect, and the
// state of its tissue without noise, warmth or ambient light. A zone carries a defect when its mean change over the zone reaches a severity of 0.3.
Truth TruthOf(const station::Liver& liver, const station::Profile& profile);

}  // namespace egi::training

#endif  // EGI_SIMULATORS_TRAINING_TRUTH_H_
