// Reading and checking the configuration.
#ifndef EGI_SERVER_APP_CONFIG_H_
#define EGI_SERVER_APP_CONFIG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config.pb.h"

namespace egi::app {

// Parses the text, fills the defaults in and checks it. INVALID_ARGUMENT names every violation, or the line that cannot be read.
absl::StatusOr<ServerConfig> ParseConfig(const std::string& text);

// The same for a file; empty path = all defaults. NOT_FOUND when it cannot be opened.
absl::StatusOr<ServerConfig> LoadConfig(const std::string& path);

// OK for an address of this machine only (127.0.0.0/8, ::1, localhost) with a port 0..65535; else INVALID_ARGUMENT. `flag` is named in the
// message.
absl::Status CheckLoopback(const std::string& address, const std::string& flag);

}  // namespace egi::app

#endif  // EGI_SERVER_APP_CONFIG_H_
