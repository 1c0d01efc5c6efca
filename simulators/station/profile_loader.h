// Reads the profiles of the twin: the sections shared with the server by server/analyse, and the twin's own ones (quality draws,
// fixed defects) of the same document (simulators.md sections 7.1 and 7.4).
#ifndef EGI_SIMULATORS_STATION_PROFILE_LOADER_H_
#define EGI_SIMULATORS_STATION_PROFILE_LOADER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/analyse/profile_book.h"
#include "simulators/station/profile.h"

namespace egi::station {

// The profiles of one file. Copyable.
class ProfileBook {
 public:
  // Reads a book from YAML; `source` names it in errors. Errors: INVALID_ARGUMENT, one line for each fault with its line and key.
  static absl::StatusOr<ProfileBook> Parse(const std::string& yaml, const std::string& source);
  // Reads a book from a file. Errors: NOT_FOUND, and those of Parse.
  static absl::StatusOr<ProfileBook> Load(const std::string& path);
  // The book built into the program.
  static absl::StatusOr<ProfileBook> BuiltIn();

  // A profile by name or alias; empty = the default one. Errors: NOT_FOUND naming the profiles there are.
  absl::StatusOr<Profile> Find(const std::string& name) const;

  // The sections the server reads too.
  const analyse::AnalysisBook& analysis() const { return analysis_; }
  const std::string& default_name() const { return default_name_; }
  const std::map<std::string, Profile>& profiles() const { return profiles_; }
  const std::map<std::string, std::string>& aliases() const { return aliases_; }

 private:
  friend class BookReader;
  analyse::AnalysisBook analysis_;
  std::string default_name_;
  std::map<std::string, Profile> profiles_;
  std::map<std::string, std::string> aliases_;
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_PROFILE_LOADER_H_
