// What is said of a feeder that nobody registered.
#ifndef EGI_SERVER_STORAGE_WRITE_UNKNOWN_FEEDER_H_
#define EGI_SERVER_STORAGE_WRITE_UNKNOWN_FEEDER_H_

#include <string>

#include "absl/strings/str_cat.h"

namespace egi::storage::write {

// `id`: as told.
inline std::string UnknownFeeder(const std::string& id) {
  return absl::StrCat("no feeder ", id, " is registered; register the feeder with POST /api/gaveurs first");
}

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_UNKNOWN_FEEDER_H_
