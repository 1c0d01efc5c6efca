// What a person lays under the sensors of a station to see whether it is still an instrument. The firmware knows nothing of it.
#ifndef EGI_SIMULATORS_STATION_REFERENCE_H_
#define EGI_SIMULATORS_STATION_REFERENCE_H_

#include "simulators/station/as7341/sensor.h"
#include "simulators/station/liver.h"
#include "simulators/station/profile.h"

namespace egi::station {

// Volume of the golden sample, mm3.
inline constexpr double kGoldenVolumeMm3 = 500'000;

// The golden sample: a cast of a liver, smooth, without defects, at 20 degrees Celsius, with the shape a liver of that volume has in the profile.
Liver GoldenSample(const Profile& profile);

// The light of a new LED that comes back from the white tile: what the model of the analysis takes for white.
as7341::Light WhiteTile();

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_REFERENCE_H_
