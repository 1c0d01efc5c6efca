// egictl firmware: versions and their rollouts.
#ifndef EGI_CLIENTS_CLI_FIRMWARE_H_
#define EGI_CLIENTS_CLI_FIRMWARE_H_

#include <string>
#include <vector>

#include "clients/cli/session.h"

namespace egi::cli {

int RunFirmwareList(const Session& session);

struct FirmwareUploadOptions {
  std::string file;
  std::string version;
  std::string by;
  std::string notes;
};
int RunFirmwareUpload(const Session& session, const FirmwareUploadOptions& options);

struct RolloutStartOptions {
  std::string version;
  std::string site;     // empty = all
  std::string profile;  // empty = all
  std::vector<int> stages;  // empty = 10, 50, 100
  int max_failed_pct = 10;
  std::string by;
};
int RunRolloutStart(const Session& session, const RolloutStartOptions& options);

struct RolloutChangeOptions {
  std::string verb;  // pause, resume or abort
  int rollout_id = 0;
  std::string by;
  std::string reason;
};
int RunRolloutChange(const Session& session, const RolloutChangeOptions& options);

struct FirmwareStatusOptions {
  int rollout_id = 0;  // 0 = all rollouts, without their devices
};
int RunFirmwareStatus(const Session& session, const FirmwareStatusOptions& options);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_FIRMWARE_H_
