// The analysis a station declares with its samples: the server's own library under the same rules, so that both agree.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_ANALYSER_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_ANALYSER_H_

#include "egi/quality/v1/sample.pb.h"
#include "server/analyse/profile.h"
#include "simulators/station/firmware/instrument.h"

namespace egi::station::firmware {

// Puts a reading into a sample and analyses it: both sensors, histograms (bins_analysis), fusion. `expected_volume_mm3` > 0 replaces the profile's;
// `white` (counts per unit of gain and 100 ms, every channel > 0) replaces its white reference, null = none was calibrated.
void Analyse(Reading reading, const analyse::AnalysisProfile& profile, double expected_volume_mm3, const quality::v1::SpectralChannels* white,
             quality::v1::Sample* sample);

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_ANALYSER_H_
