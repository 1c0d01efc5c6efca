#include "simulators/feeding/config_file.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "yaml-cpp/yaml.h"

namespace egi::feeding_simulator {
namespace {

constexpr std::array<const char*, 13> kKeys = {"server", "lots", "acceleration", "seed", "curve", "continuous", "start_date", "spool", "producer_id", "incidents",
                                               "export_csv", "quiet", "log_json"};

// Names of the original simulator and their names here.
constexpr std::array<std::pair<const char*, const char*>, 2> kAliases = {{{"nb_lots", "lots"}, {"backend_url", "server"}}};

std::string NameOf(const std::string& key) {
  const std::string name = absl::StrReplaceAll(key, {{"-", "_"}});
  for (const auto& [alias, ours] : kAliases) {
    if (name == alias) return ours;
  }
  return name;
}

// An argument that may be "--nb-lots" or "--nb-lots=3".
std::string WithoutAlias(const std::string& argument) {
  const size_t end = std::min(argument.find('='), argument.size());
  if (argument.compare(0, 2, "--") != 0 || end == 2) return argument;
  const std::string told = argument.substr(2, end - 2), name = NameOf(told);
  return name == absl::StrReplaceAll(told, {{"-", "_"}}) ? argument : absl::StrCat("--", name, argument.substr(end));
}

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
      const std::string name = NameOf(key);
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

absl::StatusOr<std::vector<std::string>> WithConfig(std::vector<std::string> arguments) {
  std::transform(arguments.begin(), std::find(arguments.begin(), arguments.end(), "--"), arguments.begin(), WithoutAlias);
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
