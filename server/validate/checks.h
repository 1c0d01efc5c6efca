// The small checks that the rules of samples and meals are made of. Nothing here allocates while values are good.
#ifndef EGI_SERVER_VALIDATE_CHECKS_H_
#define EGI_SERVER_VALIDATE_CHECKS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/validate/lot_code.h"
#include "server/validate/validate.h"

namespace egi::validate {

// At most this many entries are reported; when there are more, the last entry tells how many were left out.
inline constexpr int kMaxViolations = 50;
// A device clock may run ahead of ours by this much (api.md A.1.3).
inline constexpr absl::Duration kMaxClockLead = absl::Minutes(5);

// Collects violations. Paths are put together only when something is wrong.
class Report {
 public:
  // `path` is the full path of the field in the proto.
  void Add(std::string path, std::string description);

  // The violations, bounded to kMaxViolations.
  std::vector<Violation> Take();

 private:
  std::vector<Violation> violations_;
  int left_out_ = 0;
};

// Path of a field: `prefix` and `name` are joined by a dot when both are given.
std::string Path(absl::string_view prefix, absl::string_view name);

// `value` must be finite and within [low, high]; `unit` (may be empty) is told in the description.
void CheckRange(Report& report, absl::string_view prefix, absl::string_view name, double value, double low, double high,
                absl::string_view unit = "");

// As CheckRange, but 0 stands for "not told".
void CheckRangeOrZero(Report& report, absl::string_view prefix, absl::string_view name, double value, double low,
                      double high, absl::string_view unit = "");

// An identifier: 1..max characters (0 allowed when not `required`), no control character.
void CheckId(Report& report, absl::string_view prefix, absl::string_view name, const std::string& value, int max,
             bool required);

// Free text: at most `max` characters, no NUL (which the database cannot keep).
void CheckText(Report& report, absl::string_view prefix, absl::string_view name, const std::string& value, int max);

// A, A+, B, C or REJECT; empty allowed when not `required`.
void CheckGrade(Report& report, absl::string_view prefix, absl::string_view name, const std::string& value,
                bool required);

// A site code: LL, LS, MT or empty.
void CheckSite(Report& report, absl::string_view name, const std::string& value);

// Present, between 2000-01-01 and now + 5 min. Earlier times mean a device whose clock was never set.
void CheckTime(Report& report, absl::string_view name, bool present, const google::protobuf::Timestamp& value,
               absl::Time now);

// A block that is kept as sent: finite numbers, no NUL, at most 256 KiB.
void CheckDetails(Report& report, absl::string_view prefix, const google::protobuf::Struct& details);

}  // namespace egi::validate

#endif  // EGI_SERVER_VALIDATE_CHECKS_H_
