#include "clients/cli/stream_out.h"

#include "absl/strings/str_format.h"

namespace egi::cli {

std::string DescribeOutcome(const Outcome& o, bool json) {
  if (json) {
    return absl::StrFormat(R"({"saved":%d,"duplicate":%d,"corrected":%d,"refused":%d,"alerts":%d})", o.saved, o.duplicate, o.corrected, o.refused,
                           o.alerts);
  }
  return absl::StrFormat("%d saved, %d already stored, %d corrected, %d refused, %d alerts opened", o.saved, o.duplicate, o.corrected, o.refused,
                         o.alerts);
}

}  // namespace egi::cli
