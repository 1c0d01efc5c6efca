#include "simulators/station/profile_loader.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "simulators/station/builtin_profiles.h"
#include "simulators/station/liver.h"
#include "simulators/station/yaml_section.h"

namespace egi::station {

// Reads a book; a class only to reach the book's members.
class BookReader {
 public:
  explicit BookReader(const YAML::Node& root) : root_(root) {}

  Faults Read(ProfileBook* book);

 private:
  void ReadProfile(YamlSection section, Profile* profile, const Quality* inherited);
  void ReadProduct(YamlSection& section, Profile* profile);
  void ReadSensors(YamlSection& section, Profile* profile);
  void ReadQuality(YamlSection& section, Profile* profile, const Quality* inherited);
  void ReadDefects(YamlSection& section, Profile* profile);
  void ReadAnalysers(YamlSection& section, Profile* profile);

  YAML::Node root_;
  Faults faults_;
};

namespace {

constexpr double kWeightTolerance = 0.001;

void ReadRange(YamlSection& section, const char* key, Range* range, double low, double high) {
  YamlSection part = section.Section(key, true);
  if (!part.present()) return;
  part.Number("min", &range->min, low, high, true);
  part.Number("max", &range->max, low, high, true);
  part.Number("mean", &range->mean, low, high, true);
  if (!(range->min <= range->mean && range->mean <= range->max)) {
    section.Fault(key, absl::StrCat("expected min <= mean <= max, got ", range->min, ", ", range->mean, ", ", range->max));
  }
  part.RefuseUnknownKeys();
}

bool ReadBump(YamlSection part, const char* change_key, double sign, FixedBump* bump) {
  if (!part.present()) return false;
  const YAML::Node position = part.Child("position");
  if (!position.IsDefined() || !position.IsSequence() || position.size() != 2) {
    part.Fault("position", "expected [row, column]");
  } else {
    try {
      bump->row = position[0].as<double>();
      bump->column = position[1].as<double>();
    } catch (const YAML::Exception&) {
      part.Fault("position", "expected two numbers");
    }
    if (bump->row < 0 || bump->row > 7 || bump->column < 0 || bump->column > 7) part.Fault("position", "expected zones 0 to 7");
  }
  part.Number("radius", &bump->radius, 0.5, 4, true);
  double change = 0;
  part.Number(change_key, &change, -50, 50, true);
  bump->change_mm = sign * change;
  part.RefuseUnknownKeys();
  return true;
}

// Numbers of a section by name.
struct Entry {
  const char* key;
  double* target;
  double low, high;
};

void ReadEntries(YamlSection part, std::initializer_list<Entry> entries) {
  for (const Entry& e : entries) part.Number(e.key, e.target, e.low, e.high);
  part.RefuseUnknownKeys();
}

void CheckSum(YamlSection& section, const char* key, double sum) {
  if (std::abs(sum - 1) > kWeightTolerance) section.Fault(key, absl::StrCat("weights add up to ", sum, ", expected 1"));
}

}  // namespace

void BookReader::ReadProduct(YamlSection& section, Profile* profile) {
  YamlSection product = section.Section("product", true);
  product.Number("length_mm", &profile->length_mm, 1, 1000, true);
  product.Number("width_mm", &profile->width_mm, 1, 1000, true);
  product.Number("margin_percent", &profile->margin_percent, 0, 50);
  std::string type = "normal";
  product.Text("type", &type);
  if (type == "normal") {
    profile->type = ProductType::kNormal;
  } else if (type == "irregular") {
    profile->type = ProductType::kIrregular;
  } else if (type == "defective") {
    profile->type = ProductType::kDefective;
  } else {
    product.Fault("type", absl::StrCat("is ", type, ", expected normal, irregular or defective"));
  }
  product.RefuseUnknownKeys();

  YamlSection tray = section.Section("container");
  profile->has_tray = tray.present();
  tray.Flag("enabled", &profile->has_tray);
  tray.Number("length_mm", &profile->tray_length_mm, 1, 2000);
  tray.Number("width_mm", &profile->tray_width_mm, 1, 2000);
  tray.Number("height_mm", &profile->tray_height_mm, 0, 100);
  if (profile->has_tray && profile->tray_length_mm < profile->length_mm) {
    tray.Fault("length_mm", absl::StrCat("is ", profile->tray_length_mm, ", smaller than the product (", profile->length_mm, ")"));
  }
  if (profile->has_tray && profile->tray_width_mm < profile->width_mm) {
    tray.Fault("width_mm", absl::StrCat("is ", profile->tray_width_mm, ", smaller than the product (", profile->width_mm, ")"));
  }
  tray.RefuseUnknownKeys();

  YamlSection liver = section.Section("liver");
  ReadEntries(liver, {{"mean_mass_g", &profile->mean_mass_g, 100, 1500},
                      {"mass_factor", &profile->mass_factor, 0.2, 3},
                      {"mass_cv", &profile->mass_cv, 0, 0.5}});
}

void BookReader::ReadSensors(YamlSection& section, Profile* profile) {
  YamlSection tof = section.Section("sensor_vl53l8ch", true);
  tof.Integer("resolution", &profile->resolution, 8, 32);
  if (profile->resolution != 8 && profile->resolution != 16 && profile->resolution != 32) {
    tof.Fault("resolution", absl::StrCat("is ", profile->resolution, ", expected 8, 16 or 32"));
  }
  tof.Number("height_mm", &profile->sensor_height_mm, 80, 1000);
  tof.Integer("integration_time_ms", &profile->tof_integration_time_ms, 2, 1000);
  tof.Integer("frames_averaged", &profile->frames_averaged, 1, 1000);
  tof.RefuseUnknownKeys();

  YamlSection colour = section.Section("sensor_as7341");
  bool enabled = true;
  colour.Flag("enabled", &enabled);
  if (!enabled) colour.Fault("enabled", "is false, but a sample needs both sensors");
  colour.Integer("integration_time_ms", &profile->integration_time_ms, 50, 500);
  colour.Number("gain", &profile->gain, 1, 64);
  if (profile->gain != 1 && profile->gain != 4 && profile->gain != 16 && profile->gain != 64) {
    colour.Fault("gain", absl::StrCat("is ", profile->gain, ", expected 1, 4, 16 or 64"));
  }
  colour.Number("noise_std", &profile->noise_std, 0, 1000);
  colour.RefuseUnknownKeys();
}

void BookReader::ReadQuality(YamlSection& section, Profile* profile, const Quality* inherited) {
  if (inherited != nullptr) profile->quality = *inherited;
  YamlSection quality = section.Section("quality", inherited == nullptr);
  YamlSection weights = section.Section("quality_weights");
  double sum = 0;
  for (int i = 0; i < kLevels; ++i) {
    QualityLevel& level = profile->quality[i];
    if (quality.present()) {
      YamlSection part = quality.Section(kLevelNames[i], true);
      if (part.present()) {
        part.Number("weight", &level.weight, 0, 1, true);
        ReadRange(part, "freshness", &level.freshness, 0, 1);
        ReadRange(part, "fat_quality", &level.fat_quality, 0, 1);
        ReadRange(part, "oxidation_level", &level.oxidation_level, 0, 1);
        ReadRange(part, "temperature", &level.temperature, -10, 50);
        ReadRange(part, "ambient_light", &level.ambient_light, 0, 10000);
        ReadRange(part, "surface_uniformity", &level.surface_uniformity, 0.1, 1);
        ReadRange(part, "thickness_variation", &level.thickness_variation, 0, 30);
        part.RefuseUnknownKeys();
      }
    }
    if (weights.present()) weights.Number(kLevelNames[i], &level.weight, 0, 1, true);
    sum += level.weight;
  }
  CheckSum(section, weights.present() ? "quality_weights" : "quality", sum);
  weights.RefuseUnknownKeys();
  quality.RefuseUnknownKeys();
}

void BookReader::ReadDefects(YamlSection& section, Profile* profile) {
  YamlSection defects = section.Section("defects");
  FixedBump bump;
  if (ReadBump(defects.Section("foreign_body"), "height_change", 1, &bump)) profile->foreign_body = bump;
  if (ReadBump(defects.Section("deformation"), "depth", 1, &bump)) profile->deformation = bump;
  YamlSection edge = defects.Section("edge_damage");
  if (edge.present()) {
    double severity = 0;
    edge.Number("severity", &severity, 0, 1, true);
    profile->edge_damage = severity;
    edge.RefuseUnknownKeys();
  }
  defects.RefuseUnknownKeys();
}

void BookReader::ReadAnalysers(YamlSection& section, Profile* profile) {
  analyse::TofOptions& tof = profile->tof_analyser;
  tof.grid.zone_x_mm = SceneLengthMm(*profile) / analyse::kSide;
  tof.grid.zone_y_mm = SceneWidthMm(*profile) / analyse::kSide;
  tof.empty_distance_mm = profile->sensor_height_mm - (profile->has_tray ? profile->tray_height_mm : 0);
  tof.expected_volume_mm3 = profile->mean_mass_g / kLiverDensity * 1000;  // of a usual liver, so that light lots score lower
  ReadEntries(section.Section("vl53l8ch_analyzer"), {{"weight_volume", &tof.weights.volume, 0, 1},
                                                     {"weight_uniformity", &tof.weights.uniformity, 0, 1},
                                                     {"weight_defects", &tof.weights.defects, 0, 1},
                                                     {"weight_reflectance", &tof.weights.reflectance, 0, 1},
                                                     {"weight_signal", &tof.weights.signal, 0, 1},
                                                     {"expected_volume_mm3", &tof.expected_volume_mm3, 1000, 5000000},
                                                     {"defect_height_mm", &tof.defect_height_mm, 1, 50},
                                                     {"defect_full_scale_mm", &tof.defect_full_scale_mm, 1, 100}});
  CheckSum(section, "vl53l8ch_analyzer", tof.weights.volume + tof.weights.uniformity + tof.weights.defects +
                                             tof.weights.reflectance + tof.weights.signal);
  analyse::SpectralOptions& colour = profile->spectral_analyser;
  ReadEntries(section.Section("as7341_analyzer"), {{"weight_freshness", &colour.weight_freshness, 0, 1},
                                                   {"weight_fat", &colour.weight_fat, 0, 1},
                                                   {"weight_colour", &colour.weight_colour, 0, 1},
                                                   {"weight_oxidation", &colour.weight_oxidation, 0, 1},
                                                   {"defect_penalty", &colour.defect_penalty, 0, 1},
                                                   {"max_defect_penalty", &colour.max_defect_penalty, 0, 1}});
  CheckSum(section, "as7341_analyzer",
           colour.weight_freshness + colour.weight_fat + colour.weight_colour + colour.weight_oxidation);
}

void BookReader::ReadProfile(YamlSection section, Profile* profile, const Quality* inherited) {
  section.Text("description", &profile->description);
  ReadProduct(section, profile);
  ReadSensors(section, profile);
  ReadQuality(section, profile, inherited);
  ReadDefects(section, profile);
  ReadAnalysers(section, profile);
  section.RefuseUnknownKeys();
}

Faults BookReader::Read(ProfileBook* book) {
  YamlSection root(root_, "", &faults_, true);
  root.Text("default_profile", &book->default_name_);
  YamlSection profiles = root.Section("profiles", true);
  const std::vector<std::string> names = profiles.Keys();
  const bool has_default = std::find(names.begin(), names.end(), book->default_name_) != names.end();
  if (!has_default) root.Fault("default_profile", absl::StrCat("names no profile: \"", book->default_name_, "\""));
  const auto read = [&](const std::string& name, const Quality* inherited) {
    Profile& profile = book->profiles_[name];
    profile.name = name;
    if (name.empty() || name.size() > 50) profiles.Fault(name.c_str(), "expected a name of 1 to 50 characters");
    ReadProfile(profiles.Section(name.c_str(), true), &profile, inherited);
  };
  if (has_default) read(book->default_name_, nullptr);
  for (const std::string& name : names) {
    if (name == book->default_name_) continue;
    const Quality inherited = has_default ? book->profiles_[book->default_name_].quality : Quality{};
    read(name, has_default ? &inherited : nullptr);
  }
  YamlSection aliases = root.Section("aliases");
  for (const std::string& alias : aliases.Keys()) {
    std::string target;
    aliases.Text(alias.c_str(), &target);
    if (book->profiles_.count(target) == 0) aliases.Fault(alias.c_str(), absl::StrCat("names no profile: \"", target, "\""));
    book->aliases_[alias] = target;
  }
  root.RefuseUnknownKeys();
  return std::move(faults_);
}

absl::StatusOr<ProfileBook> ProfileBook::Parse(const std::string& yaml, const std::string& source) {
  ProfileBook book;
  try {
    const Faults faults = BookReader(YAML::Load(yaml)).Read(&book);
    if (!faults.empty()) return absl::InvalidArgumentError(absl::StrCat(source, ":\n  ", absl::StrJoin(faults, "\n  ")));
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": line ", e.mark.line + 1, ": ", e.msg));
  }
  return book;
}

absl::StatusOr<ProfileBook> ProfileBook::Load(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read the profiles in ", path));
  std::ostringstream text;
  text << file.rdbuf();
  return Parse(text.str(), path);
}

absl::StatusOr<ProfileBook> ProfileBook::BuiltIn() { return Parse(BuiltInProfiles(), "built-in profiles"); }

absl::StatusOr<Profile> ProfileBook::Find(const std::string& name) const {
  std::string wanted = name.empty() ? default_name_ : name;
  if (const auto alias = aliases_.find(wanted); alias != aliases_.end()) wanted = alias->second;
  if (const auto found = profiles_.find(wanted); found != profiles_.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [key, profile] : profiles_) names.push_back(key);
  for (const auto& [key, target] : aliases_) names.push_back(key);
  return absl::NotFoundError(absl::StrCat("no profile named \"", name, "\"; there are ", absl::StrJoin(names, ", ")));
}

}  // namespace egi::station
