#include "server/storage/postgres/partition_guard.h"

#include "server/storage/postgres/sql_time.h"

namespace egi::storage {
namespace {

constexpr int64_t kWeekSeconds = 7 * 86'400;
constexpr int64_t kMondayOffset = 4 * 86'400;  // 1970-01-05, the first Monday of the era
constexpr int64_t kWeeksBack = 15;
constexpr int64_t kWeeksAhead = 2;

constexpr char kEnsure[] = "SELECT egi_ensure_partitions($1::timestamptz, $2::timestamptz)";

}  // namespace

int64_t PartitionGuard::WeekOf(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time) - kMondayOffset;
  return seconds >= 0 ? seconds / kWeekSeconds : -((-seconds + kWeekSeconds - 1) / kWeekSeconds);
}

absl::Status PartitionGuard::Ensure(Connection* connection, const std::set<int64_t>& weeks, absl::Time now) {
  const int64_t present = WeekOf(now);
  for (const int64_t week : weeks) {
    if (week < present - kWeeksBack || week > present + kWeeksAhead || known_.contains(week)) continue;
    const absl::Time start = absl::FromUnixSeconds(week * kWeekSeconds + kMondayOffset);
    auto rows = connection->Query(kEnsure, {SqlTime(start), SqlTime(start + absl::Seconds(kWeekSeconds - 1))});
    if (!rows.ok()) return rows.status();
    known_.insert(week);
  }
  return absl::OkStatus();
}

}  // namespace egi::storage
