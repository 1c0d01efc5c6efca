#include "simulators/feeding/config_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "yaml-cpp/yaml.h"

namespace egi::feeding_simulator {
namespace {

constexpr std::array<const char*, 13> kKeys = {"server", "lots", "acceleration", "seed", "curve", "continuous", "start_date", "spool", "producer_id", "incidents",
                                               "export_csv", "quiet", "log_json"};

// The file after "--config=" or in the argument that follows "--config"; empty = none.
std::string ConfigPath(const std::vector<std::string>& arguments) {
  for (size_t i = 1; i < arguments.size() && arguments[i] != "--"; ++i) {
    absl::string_view rest = arguments[i];
    if (absl::ConsumePrefix(&rest, "--config=")) return std::string(rest);
    if (rest == "--config" && i + 1 < arguments.size()) return arguments[i + 1];
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ConfigArguments(const std::string& yaml, const std::string& path) {
  std::vector<std::string> arguments, faults;
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (!root.IsMap()) return absl::InvalidArgumentError(absl::StrCat(path, ": line 1: expected options and their values, such as lots: 3"));
    for (const auto& entry : root) {
      const std::string key = entry.first.Scalar();
      const std::string name = absl::StrReplaceAll(key, {{"-", "_"}});
      const std::string where = absl::StrCat("line ", entry.first.Mark().line + 1, ": ", key);
      if (std::find(kKeys.begin(), kKeys.end(), name) == kKeys.end()) {
        faults.push_back(absl::StrCat(where, ": unknown key, expected ", absl::StrJoin(kKeys, ", ")));
      } else if (name == "incidents" && entry.second.IsSequence()) {
        arguments.push_back(absl::StrCat("--incidents=", path));
      } else if (!entry.second.IsScalar()) {
        faults.push_back(absl::StrCat(where, ": expected a single value"));
      } else {
        arguments.push_back(absl::StrCat("--", name, "=", entry.second.Scalar()));
      }
    }
  } catch (const YAML::Exception& error) {
    faults.push_back(absl::StrCat("line ", error.mark.line + 1, ": ", error.msg));
  }
  if (faults.empty()) return arguments;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", absl::StrJoin(faults, absl::StrCat("\n", path, ": "))));
}

absl::StatusOr<std::vector<std::string>> WithConfig(const std::vector<std::string>& arguments) {
  const std::string path = ConfigPath(arguments);
  if (path.empty()) return arguments;
  std::ifstream file(path);
  std::ostringstream yaml;
  yaml << file.rdbuf();
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read the configuration in ", path));
  absl::StatusOr<std::vector<std::string>> told = ConfigArguments(yaml.str(), path);
  if (!told.ok()) return told.status();
  told->insert(told->begin(), arguments.front());
  told->insert(told->end(), arguments.begin() + 1, arguments.end());
  return told;
}

}  // namespace egi::feeding_simulator
