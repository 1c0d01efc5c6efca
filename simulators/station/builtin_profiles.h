// profiles.yaml as built into the program.
#ifndef EGI_SIMULATORS_STATION_BUILTIN_PROFILES_H_
#define EGI_SIMULATORS_STATION_BUILTIN_PROFILES_H_

#include <string>

namespace egi::station {

std::string BuiltInProfiles();

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_BUILTIN_PROFILES_H_
