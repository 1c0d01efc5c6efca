#include "server/analyse/profile_book.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/analyse/builtin_profiles.h"
#include "server/analyse/profile_sections.h"

namespace egi::analyse {

AnalysisBook AnalysisBook::Read(const YAML::Node& document, Faults* faults) {
  AnalysisBook book;
  YamlSection root(document, "", faults, true);
  root.Leave({"global_defaults"});
  root.Text("default_profile", &book.default_name_);
  AnalysisProfile common;
  YamlSection shared = root.Section("analysis");
  ReadAnalysisSections(shared, &common);
  shared.RefuseUnknownKeys();

  YamlSection profiles = root.Section("profiles", true);
  for (const std::string& name : profiles.Keys()) {
    AnalysisProfile profile = common;
    profile.name = name;
    if (name.empty() || name.size() > 50) profiles.Fault(name.c_str(), "expected a name of 1 to 50 characters");
    YamlSection section = profiles.Section(name.c_str(), true);
    section.Leave({"quality", "quality_weights", "defects", "twin"});
    section.Text("description", &profile.description);
    ReadSetupSections(section, &profile);
    ReadAnalysisSections(section, &profile);
    section.RefuseUnknownKeys();
    book.index_.emplace_back(name, book.profiles_.size());
    book.profiles_.push_back(std::move(profile));
  }
  std::sort(book.index_.begin(), book.index_.end());
  if (book.Lookup(book.default_name_) == nullptr) {
    root.Fault("default_profile", absl::StrCat("names no profile: \"", book.default_name_, "\""));
  }
  YamlSection aliases = root.Section("aliases");
  for (const std::string& alias : aliases.Keys()) {
    std::string target;
    aliases.Text(alias.c_str(), &target);
    const auto place = std::find_if(book.profiles_.begin(), book.profiles_.end(), [&](const auto& p) { return p.name == target; });
    if (place == book.profiles_.end()) {
      aliases.Fault(alias.c_str(), absl::StrCat("names no profile: \"", target, "\""));
      continue;
    }
    book.aliases_.emplace_back(alias, target);
    book.index_.emplace_back(alias, place - book.profiles_.begin());
  }
  std::sort(book.index_.begin(), book.index_.end());
  root.RefuseUnknownKeys();
  return book;
}

absl::StatusOr<AnalysisBook> AnalysisBook::Parse(const std::string& yaml, const std::string& source) {
  try {
    Faults faults;
    AnalysisBook book = Read(YAML::Load(yaml), &faults);
    if (!faults.empty()) return absl::InvalidArgumentError(absl::StrCat(source, ":\n  ", absl::StrJoin(faults, "\n  ")));
    return book;
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(absl::StrCat(source, ": line ", e.mark.line + 1, ": ", e.msg));
  }
}

absl::StatusOr<AnalysisBook> AnalysisBook::Load(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read the profiles in ", path));
  std::ostringstream text;
  text << file.rdbuf();
  return Parse(text.str(), path);
}

absl::StatusOr<AnalysisBook> AnalysisBook::BuiltIn() { return Parse(BuiltInProfiles(), "built-in profiles"); }

const AnalysisProfile* AnalysisBook::Lookup(absl::string_view name) const {
  if (name.empty()) name = default_name_;
  const auto found = std::lower_bound(index_.begin(), index_.end(), name,
                                      [](const auto& entry, absl::string_view wanted) { return absl::string_view(entry.first) < wanted; });
  return found != index_.end() && found->first == name ? &profiles_[found->second] : nullptr;
}

void AnalysisBook::SetMargins(double score, double index, double disagreement) {
  for (AnalysisProfile& profile : profiles_) {
    profile.rules.score_margin = score;
    profile.rules.index_margin = index;
    profile.rules.disagreement_margin = disagreement;
  }
}

const AnalysisProfile& AnalysisBook::FindOrDefault(absl::string_view name, bool* known) const {
  const AnalysisProfile* profile = Lookup(name);
  if (known != nullptr) *known = profile != nullptr;
  return profile != nullptr ? *profile : *Lookup(default_name_);
}

absl::StatusOr<const AnalysisProfile*> AnalysisBook::Find(absl::string_view name) const {
  if (const AnalysisProfile* profile = Lookup(name)) return profile;
  std::vector<std::string> names;
  for (const auto& [key, place] : index_) names.push_back(key);
  return absl::NotFoundError(absl::StrCat("no profile named \"", name, "\"; there are ", absl::StrJoin(names, ", ")));
}

}  // namespace egi::analyse
