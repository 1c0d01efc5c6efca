// The profiles of a book for people and for programs.
#ifndef EGI_SIMULATORS_STATION_PROGRAM_PROFILE_TABLE_H_
#define EGI_SIMULATORS_STATION_PROGRAM_PROFILE_TABLE_H_

#include <string>

#include "simulators/station/profile_loader.h"

namespace egi::station {

// A table with one line a profile and one an alias.
std::string ProfileTable(const ProfileBook& book);

// One JSON object a line: {"event": "profile" | "alias", ...}.
std::string ProfileLines(const ProfileBook& book);

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_PROGRAM_PROFILE_TABLE_H_
