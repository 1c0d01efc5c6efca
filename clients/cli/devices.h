// egictl devices: the registry of stations.
#ifndef EGI_CLIENTS_CLI_DEVICES_H_
#define EGI_CLIENTS_CLI_DEVICES_H_

#include <string>

#include "clients/cli/session.h"
#include "egi/quality/v1/command.pb.h"

namespace egi::cli {

// All devices, or those of a site (LL, LS or MT).
int RunDevicesList(const Session& session, const std::string& site);

// One device: presence, counters, configuration wanted and in force.
int RunDevicesShow(const Session& session, const std::string& device_id);

struct ApproveOptions {
  std::string device_id;
  std::string by;
  std::string reason;
};
int RunDevicesApprove(const Session& session, const ApproveOptions& options);

struct ConfigureOptions {
  std::string device_id;
  std::string by;
  // Fields to change; the rest is left as it is.
  egi::quality::v1::DeviceConfiguration configuration;
};
int RunDevicesConfigure(const Session& session, const ConfigureOptions& options);

// Commands of a device, newest first, at most `limit`.
int RunDevicesCommands(const Session& session, const std::string& device_id, int limit);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_DEVICES_H_
