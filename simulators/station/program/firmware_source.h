// Where a station gets its firmware from.
#ifndef EGI_SIMULATORS_STATION_PROGRAM_FIRMWARE_SOURCE_H_
#define EGI_SIMULATORS_STATION_PROGRAM_FIRMWARE_SOURCE_H_

#include <string>

#include "simulators/station/firmware/updater.h"

namespace egi::station {

// Downloads from FirmwareService.DownloadFirmware of the server at HOST:PORT, at most 256 KiB and 10 s a call, so that measuring goes on in between.
// Thread-safe.
firmware::FetchImage FirmwareOf(const std::string& server);

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_PROGRAM_FIRMWARE_SOURCE_H_
