// The code of a lot, as every message carries it (domain.md section 3.3).
#ifndef EGI_SERVER_VALIDATE_LOT_CODE_H_
#define EGI_SERVER_VALIDATE_LOT_CODE_H_

#include <algorithm>

#include "absl/strings/string_view.h"

namespace egi::validate {

// True for LL, LS or MT and 7 digits.
inline bool IsLotCode(absl::string_view text) {
  if (text.size() != 9) return false;
  const absl::string_view site = text.substr(0, 2);
  if (site != "LL" && site != "LS" && site != "MT") return false;
  return std::all_of(text.begin() + 2, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace egi::validate

#endif  // EGI_SERVER_VALIDATE_LOT_CODE_H_
