// What the two sensors are shown of a liver in its tray (simulators.md sections 3.1 to 3.3 and 5.1). Noise is added by the parts themselves.
#ifndef EGI_SIMULATORS_STATION_SCENE_H_
#define EGI_SIMULATORS_STATION_SCENE_H_

#include <optional>

#include "simulators/station/as7341/sensor.h"
#include "simulators/station/liver.h"
#include "simulators/station/profile.h"
#include "simulators/station/random.h"
#include "simulators/station/vl53l8ch/target.h"

namespace egi::station {

// A liver, or the empty tray, zone by zone: mean distance and reflectance over 64 points a zone. More ambient light adds background and noise; the
// temperature of the room is that of the part less 5 degrees.
vl53l8ch::Target ShowToTof(const std::optional<Liver>& liver, const Profile& profile, Random& random);

// The light of the LED that comes back from a liver, 0.1 % more per degree from 25, and the light of the room, which only Clear sees.
as7341::Light ShowToSpectral(const Liver& liver);

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_SCENE_H_
