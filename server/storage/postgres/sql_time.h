// Instants as text parameters of SQL.
#ifndef EGI_SERVER_STORAGE_POSTGRES_SQL_TIME_H_
#define EGI_SERVER_STORAGE_POSTGRES_SQL_TIME_H_

#include <string>

#include "absl/time/time.h"

namespace egi::storage {

// UTC with microseconds, e.g. 2026-02-03 18:00:00.040000+00.
inline std::string SqlTime(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d %H:%M:%E6S+00", time, absl::UTCTimeZone());
}

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_SQL_TIME_H_
