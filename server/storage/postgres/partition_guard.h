// Has the partitions made that a batch will need.
#ifndef EGI_SERVER_STORAGE_POSTGRES_PARTITION_GUARD_H_
#define EGI_SERVER_STORAGE_POSTGRES_PARTITION_GUARD_H_

#include <cstdint>
#include <set>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/storage/postgres/connection.h"

namespace egi::storage {

// Remembers the weeks whose partitions exist. Only weeks within 100 days before and 10 days after `now` are asked for: other rows are
// few and rest in the default partition, so that a wrong clock cannot make thousands of partitions. Used by one thread.
class PartitionGuard {
 public:
  // Outside a transaction. Does nothing when every week is known.
  absl::Status Ensure(Connection* connection, const std::set<int64_t>& weeks, absl::Time now);

  // Number of the week that holds `time`.
  static int64_t WeekOf(absl::Time time);

 private:
  std::set<int64_t> known_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_PARTITION_GUARD_H_
