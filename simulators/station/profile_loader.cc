#include "simulators/station/profile_loader.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/analyse/builtin_profiles.h"
#include "server/analyse/yaml_section.h"

namespace egi::station {

using analyse::Faults;
using analyse::YamlSection;

// Reads a book; a class only to reach the book's members.
class BookReader {
 public:
  explicit BookReader(const YAML::Node& root) : root_(root) {}

  Faults Read(ProfileBook* book);

 private:
  void ReadQuality(YamlSection& section, Profile* profile, const Quality* inherited);
  void ReadDefects(YamlSection& section, Profile* profile);

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

void CheckSum(YamlSection& section, const char* key, double sum) {
  if (std::abs(sum - 1) > kWeightTolerance) section.Fault(key, absl::StrCat("weights add up to ", sum, ", expected 1"));
}

// Keys that are absent keep their value.
void ReadDefaults(YamlSection section, TwinDefaults* defaults) {
  if (!section.present()) return;
  const YAML::Node seed = section.Child("random_seed");
  if (seed.IsDefined() && seed.IsNull()) {
    defaults->random_seed.reset();
  } else if (seed.IsDefined()) {
    int value = defaults->random_seed.value_or(1);
    section.Integer("random_seed", &value, 1, std::numeric_limits<int>::max());
    defaults->random_seed = value;
  }
  section.Flag("include_bins", &defaults->include_bins);
  section.Number("multi_echo_prob", &defaults->multi_echo_prob, 0, 1);
  section.Number("reflectance_threshold", &defaults->reflectance_threshold, 0, 100);
  section.Number("noise_factor_low_reflect", &defaults->noise_factor_low_reflect, 0, 1);
  section.Number("noise_factor_high_reflect", &defaults->noise_factor_high_reflect, 0, 1);
  section.RefuseUnknownKeys();
}

// What the twin needs of the shared sections.
Profile FromShared(const analyse::AnalysisProfile& shared) {
  Profile profile;
  profile.name = shared.name;
  profile.description = shared.description;
  profile.length_mm = shared.product.length_mm;
  profile.width_mm = shared.product.width_mm;
  profile.margin_percent = shared.product.margin_percent;
  profile.type = shared.product.type;
  profile.has_tray = shared.tray.present;
  profile.tray_length_mm = shared.tray.length_mm;
  profile.tray_width_mm = shared.tray.width_mm;
  profile.tray_height_mm = shared.tray.height_mm;
  profile.resolution = shared.tof_setup.resolution;
  profile.sensor_height_mm = shared.tof_setup.height_mm;
  profile.frames_averaged = shared.tof_setup.frames_averaged;
  profile.tof_integration_time_ms = shared.tof_setup.integration_time_ms;
  profile.integration_time_ms = shared.spectral_setup.integration_time_ms;
  profile.gain = shared.spectral_setup.gain;
  profile.noise_std = shared.spectral_setup.noise_std;
  profile.mean_mass_g = shared.liver.mean_mass_g;
  profile.mass_factor = shared.liver.mass_factor;
  profile.mass_cv = shared.liver.mass_cv;
  profile.analysis = shared;
  profile.tof_analyser = shared.tof;
  profile.spectral_analyser = shared.spectral;
  return profile;
}

}  // namespace

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

Faults BookReader::Read(ProfileBook* book) {
  book->analysis_ = analyse::AnalysisBook::Read(root_, &faults_);
  book->default_name_ = book->analysis_.default_name();
  YamlSection root(root_, "", &faults_);
  TwinDefaults defaults;
  ReadDefaults(root.Section("global_defaults"), &defaults);
  YamlSection profiles = root.Section("profiles");
  const auto read = [&](const analyse::AnalysisProfile& shared, const Quality* inherited) {
    Profile& profile = book->profiles_[shared.name] = FromShared(shared);
    YamlSection section = profiles.Section(shared.name.c_str());
    ReadQuality(section, &profile, inherited);
    ReadDefects(section, &profile);
    profile.twin = defaults;
    ReadDefaults(section.Section("twin"), &profile.twin);
  };
  const auto default_profile = book->analysis_.Find("");
  if (!default_profile.ok()) return std::move(faults_);
  read(**default_profile, nullptr);
  const Quality inherited = book->profiles_[book->default_name_].quality;
  for (const analyse::AnalysisProfile& shared : book->analysis_.profiles()) {
    if (shared.name != book->default_name_) read(shared, &inherited);
  }
  book->aliases_ = {book->analysis_.aliases().begin(), book->analysis_.aliases().end()};
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

absl::StatusOr<ProfileBook> ProfileBook::BuiltIn() { return Parse(analyse::BuiltInProfiles(), "built-in profiles"); }

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
