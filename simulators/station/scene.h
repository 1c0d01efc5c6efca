// What the time-of-flight sensor sees of a liver in its tray (simulators.md sections 3.1 to 3.3; noise of the real part).
#ifndef EGI_SIMULATORS_STATION_SCENE_H_
#define EGI_SIMULATORS_STATION_SCENE_H_

#include <optional>

#include "egi/quality/v1/sample.pb.h"
#include "simulators/station/liver.h"
#include "simulators/station/profile.h"
#include "simulators/station/random.h"

namespace egi::station {

// Frame of a liver, or of the empty tray. Distances are averaged over the frames of the profile and told in steps of 0.25 mm as the
// part does; reflectance in %, amplitude 0..4095, ambient 0..4095. Noise of one frame: 5.6 mm (DS13754: +-15 mm at 2.7 sigma).
quality::v1::TofFrame LookAt(const std::optional<Liver>& liver, const Profile& profile, Random& random);

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_SCENE_H_
