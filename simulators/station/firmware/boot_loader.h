// Starts the firmware of a station: the confirmed slot, or a new one on trial that must prove itself.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_BOOT_LOADER_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_BOOT_LOADER_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "simulators/station/firmware/memory.h"

namespace egi::station::firmware {

// A firmware on trial is given this many boots, so that a power cut during the first does not cost the update.
inline constexpr int kTrialBoots = 2;

// Powers the station on. A firmware on trial whose image does not boot, or under which `self_test` fails, is given up: the old one runs again and the
// command that brought it is answered ROLLED_BACK; one that passes is confirmed and answered APPLIED. `self_test` is run once for the firmware that runs in the
// end. A memory without any firmware gets `factory_image`. Returns the version that runs. Errors: those of the flash, of the confirmed firmware's self test.
absl::StatusOr<std::string> PowerOn(Memory& memory, const std::string& device_id, const std::string& factory_image,
                                    const std::function<absl::Status()>& self_test);

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_BOOT_LOADER_H_
