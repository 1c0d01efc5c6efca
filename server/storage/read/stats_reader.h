// Reads the statistics of the samples.
#ifndef EGI_SERVER_STORAGE_READ_STATS_READER_H_
#define EGI_SERVER_STORAGE_READ_STATS_READER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/stats.pb.h"

namespace egi::storage::read {

// Samples with start <= time < end, by device time; empty strings do not restrict.
struct StatsQuery {
  absl::Time start;
  absl::Time end;
  std::string device_id;
  std::string site_code;  // LL, LS or MT
};

// The answers count every committed sample, however late it came. Counts survive the samples: of an hour whose samples retention dropped, a
// period must hold all samples or it counts none. Thread-safe; blocks on the database. Errors: UNAVAILABLE.
class StatsReader {
 public:
  virtual ~StatsReader() = default;

  // By hour (UTC), then device. Hours without samples are absent.
  virtual absl::StatusOr<std::vector<quality::v1::HourlyStat>> ListHourlyStats(const StatsQuery& query) = 0;

  // Totals, grades, sites and the ten best devices of a period, from one snapshot; the period itself is left empty.
  virtual absl::StatusOr<quality::v1::GetSiteStatsResponse> ReadSiteStats(const StatsQuery& query) = 0;

  // Samples by grade, best first; grades without samples are absent.
  virtual absl::StatusOr<std::vector<std::pair<std::string, int>>> CountGrades(const StatsQuery& query) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_STATS_READER_H_
