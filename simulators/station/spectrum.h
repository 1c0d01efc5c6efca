// What the spectral sensor reads of a liver (simulators.md section 5.1; full scale and two passes of the real part).
#ifndef EGI_SIMULATORS_STATION_SPECTRUM_H_
#define EGI_SIMULATORS_STATION_SPECTRUM_H_

#include "egi/quality/v1/sample.pb.h"
#include "simulators/station/liver.h"
#include "simulators/station/profile.h"
#include "simulators/station/random.h"

namespace egi::station {

// Counts = model * (1 + 0.1 % per degree from 25) * gain * time / 100 ms + noise, whole numbers within 0 and the full scale of the
// converter, min(65535, time / 2.78 us).
quality::v1::SpectralReading ReadSpectrum(const Liver& liver, const Profile& profile, Random& random);

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_SPECTRUM_H_
