// Reads the profiles that server and stations share from one YAML document and checks them whole (simulators.md sections 7.1 and 7.4).
#ifndef EGI_SERVER_ANALYSE_PROFILE_BOOK_H_
#define EGI_SERVER_ANALYSE_PROFILE_BOOK_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/analyse/profile.h"
#include "server/analyse/yaml_section.h"

namespace egi::analyse {

// The profiles of one document. Immutable after reading, so any number of threads may look profiles up.
class AnalysisBook {
 public:
  // Reads a book from YAML; `source` names it in errors. Errors: INVALID_ARGUMENT, one line for each fault with its line and key. The
  // sections that only the twin reads (quality, quality_weights, defects, twin, global_defaults) are left to its own reader.
  static absl::StatusOr<AnalysisBook> Parse(const std::string& yaml, const std::string& source);
  // Reads a book from a file. Errors: NOT_FOUND, and those of Parse.
  static absl::StatusOr<AnalysisBook> Load(const std::string& path);
  // The book built into the program.
  static absl::StatusOr<AnalysisBook> BuiltIn();
  // Reads the shared sections of a parsed document and adds what is wrong to `faults`; for readers with sections of their own.
  static AnalysisBook Read(const YAML::Node& root, Faults* faults);

  // How far a measure must be back in range before an alert closes, and declared and computed scores must agree: the same for every profile.
  void SetMargins(double score, double index, double disagreement);

  // The profile of a name or alias, or the default profile when the name is empty or unknown; `known` (may be null) tells which. No
  // copy, no allocation: fit for every sample.
  const AnalysisProfile& FindOrDefault(absl::string_view name, bool* known = nullptr) const;

  // A profile by name or alias; empty = the default one. Valid as long as the book. Errors: NOT_FOUND naming the profiles there are.
  absl::StatusOr<const AnalysisProfile*> Find(absl::string_view name) const;

  const std::string& default_name() const { return default_name_; }
  // In the order of the document.
  const std::vector<AnalysisProfile>& profiles() const { return profiles_; }
  // Alias and name of its profile.
  const std::vector<std::pair<std::string, std::string>>& aliases() const { return aliases_; }

 private:
  const AnalysisProfile* Lookup(absl::string_view name) const;

  std::string default_name_;
  std::vector<AnalysisProfile> profiles_;
  std::vector<std::pair<std::string, std::string>> aliases_;
  std::vector<std::pair<std::string, size_t>> index_;  // sorted names and aliases with their place in profiles_
};

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_PROFILE_BOOK_H_
