// The statistics of a batch of samples: sums and counts by hour, device and site.
#ifndef EGI_SERVER_STORAGE_POSTGRES_SAMPLE_CELLS_H_
#define EGI_SERVER_STORAGE_POSTGRES_SAMPLE_CELLS_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "absl/status/status.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/storage/postgres/connection.h"

namespace egi::storage {

// Tells the database that this session counts its samples itself, so that they are not counted row by row (sql/repeatable/05_statistics.sql).
inline constexpr char kSamplesCounted[] = "SET egi.samples_counted = on";

// Used by one thread.
class SampleCells {
 public:
  void Add(const quality::v1::GradedSample& graded);

  // Adds the cells to the statistics, by one statement in the transaction of the samples. Does nothing without samples. Rows of the
  // statistics stay locked until the commit: call it late. Errors: those of sqlstate.h.
  absl::Status Write(Connection* connection) const;

 private:
  using Key = std::tuple<int64_t, std::string, std::string>;  // hour (us since 1970), device, site or empty
  struct Cell {
    int64_t samples = 0, compliant = 0;
    int64_t a_plus = 0, a = 0, b = 0, c = 0, reject = 0;
    double score_sum = 0, score_min = 1, score_max = 0;
    int64_t volume_count = 0, freshness_count = 0;
    double volume_sum = 0, freshness_sum = 0;
    int64_t first_us = 0, last_us = 0;
  };

  std::map<Key, Cell> cells_;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_SAMPLE_CELLS_H_
