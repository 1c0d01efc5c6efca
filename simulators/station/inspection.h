// A station measuring livers: draws them, looks at them with both sensors, analyses and fuses as its firmware would.
#ifndef EGI_SIMULATORS_STATION_INSPECTION_H_
#define EGI_SIMULATORS_STATION_INSPECTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "egi/quality/v1/sample.pb.h"
#include "simulators/station/firmware/instrument.h"
#include "simulators/station/liver.h"
#include "simulators/station/profile.h"

namespace egi::station {

// The lot the livers come from; without a code the livers belong to no lot.
struct LotUnderInspection {
  std::string code_lot;
  double expected_liver_mass_g = 0;  // corn per duck / ITM; 0 = the profile's
  double sigma = 0;                  // standard deviation / mean of its livers (domain.md section 5); 0 = the profile's
};

// The identity of a station and what it stamps on its samples.
struct StationIdentity {
  std::string device_id;
  std::string location;
  std::string firmware_version = "v1.2.3";
};

// What lies in the tray, hidden from the firmware, and the noise it will be measured with.
struct Subject {
  Liver liver = {};
  Random noise{0};
};

// The liver number `index` of a station: a function of its arguments.
Subject DrawSubject(const Profile& profile, const LotUnderInspection& lot, const std::string& device_id, uint64_t seed, int64_t index);

// The sample a station makes of a reading: its identity and the analysis of the server's library. The station has no part that measures the room, so it tells
// no climate. `white`: the white reference it was calibrated with, null = none.
quality::v1::Sample DescribeReading(const StationIdentity& station, const Profile& profile, const LotUnderInspection& lot,
                                    firmware::Reading reading, const std::string& sample_id, absl::Time time,
                                    const quality::v1::SpectralChannels* white = nullptr);

// Measures one liver with sound hardware of its own, booted for it. The same profile, lot, seed, device and index give the same measurement. Pure.
quality::v1::Sample MeasureLiver(const StationIdentity& station, const Profile& profile, const LotUnderInspection& lot,
                                 uint64_t seed, int64_t index, const std::string& sample_id, absl::Time time);

// Device that inspects a lot by itself: ESP32_SQAL_AUTO_{code_lot}.
std::string AutoDeviceId(const std::string& code_lot);

// `count` samples of a lot by its automatic device, ids ESP32_SQAL_AUTO_{code_lot}_{NNN} from 001, one second apart from `first_time`. The same
// arguments give identical samples, so an inspection that is repeated after a crash is recognised as a duplicate: pass a time kept with the
// lot (its slaughter date), not the present.
std::vector<quality::v1::Sample> InspectLot(const LotUnderInspection& lot, const Profile& profile, int count, uint64_t seed,
                                            absl::Time first_time);

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_INSPECTION_H_
