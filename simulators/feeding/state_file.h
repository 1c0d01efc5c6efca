// A small file that is replaced whole or not at all.
#ifndef EGI_SIMULATORS_FEEDING_STATE_FILE_H_
#define EGI_SIMULATORS_FEEDING_STATE_FILE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace egi::feeding_simulator {

// The content of `path`, nullopt when there is no such file. Errors: PERMISSION_DENIED.
absl::StatusOr<std::optional<std::string>> ReadStateFile(const std::string& path);

// Writes `content` durably under another name, then renames it to `path`. Errors: INTERNAL (disk full, no permission).
absl::Status WriteStateFile(const std::string& path, const std::string& content);

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_STATE_FILE_H_
