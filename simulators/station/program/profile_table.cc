#include "simulators/station/program/profile_table.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace egi::station {
namespace {

const char* TypeName(ProductType type) {
  return type == ProductType::kNormal ? "normal" : type == ProductType::kIrregular ? "irregular" : "defective";
}

std::string Size(double length, double width) { return absl::StrCat(length, "x", width); }

}  // namespace

std::string ProfileTable(const ProfileBook& book) {
  std::string table = absl::StrFormat("%-28s %-9s %-8s %-8s %6s %5s %6s %-20s %s\n", "PROFILE", "TYPE", "PRODUCT", "TRAY", "LIVER", "GAIN", "FRAMES",
                                      "LEVELS %", "DESCRIPTION");
  for (const auto& [name, profile] : book.profiles()) {
    std::string levels;
    for (const QualityLevel& level : profile.quality) absl::StrAppend(&levels, levels.empty() ? "" : "/", std::lround(level.weight * 100));
    absl::StrAppend(&table, absl::StrFormat("%-28s %-9s %-8s %-8s %4.0f g %5g %6d %-20s %s%s\n", name, TypeName(profile.type), Size(profile.length_mm, profile.width_mm),
                                            profile.has_tray ? Size(profile.tray_length_mm, profile.tray_width_mm) : "-", profile.mean_mass_g * profile.mass_factor,
                                            profile.gain, profile.frames_averaged, levels, profile.description, name == book.default_name() ? " (default)" : ""));
  }
  for (const auto& [alias, name] : book.aliases()) absl::StrAppend(&table, absl::StrFormat("%-28s = %s\n", alias, name));
  absl::StrAppend(&table, "Product and tray in mm; levels: premium/good/acceptable/low/defective.\n");
  return table;
}

std::string ProfileLines(const ProfileBook& book) {
  std::string lines;
  for (const auto& [name, profile] : book.profiles()) {
    nlohmann::json levels;
    for (int i = 0; i < kLevels; ++i) levels[kLevelNames[i]] = profile.quality[i].weight;
    nlohmann::json line = {{"event", "profile"}, {"name", name}, {"description", profile.description}, {"default", name == book.default_name()},
                           {"type", TypeName(profile.type)}, {"length_mm", profile.length_mm}, {"width_mm", profile.width_mm},
                           {"mean_mass_g", profile.mean_mass_g * profile.mass_factor}, {"gain", profile.gain}, {"frames_averaged", profile.frames_averaged}, {"levels", levels}};
    if (profile.has_tray) line["tray_length_mm"] = profile.tray_length_mm, line["tray_width_mm"] = profile.tray_width_mm;
    absl::StrAppend(&lines, line.dump(), "\n");
  }
  for (const auto& [alias, name] : book.aliases()) absl::StrAppend(&lines, nlohmann::json{{"event", "alias"}, {"alias", alias}, {"name", name}}.dump(), "\n");
  return lines;
}

}  // namespace egi::station
