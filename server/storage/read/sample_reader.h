// Reads stored samples.
#ifndef EGI_SERVER_STORAGE_READ_SAMPLE_READER_H_
#define EGI_SERVER_STORAGE_READ_SAMPLE_READER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/record.pb.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::read {

// Place of a sample in the order of time, then of arrival: (time, batch, ordinal).
struct SamplePosition {
  absl::Time time;
  int64_t batch_id = 0;
  int32_t ordinal = 0;
};

// A page of samples. Absent members do not restrict.
struct SampleQuery {
  absl::Time start;       // inclusive
  absl::Time end;         // exclusive
  std::string device_id;  // empty = all
  std::optional<LotKey> lot;
  bool matrices = false;  // false: the matrices are not even read
  bool oldest_first = false;
  std::optional<SamplePosition> after;  // only samples that follow it in the order asked for
  int limit = 100;  // > 0
};

// A page and the place of its last sample.
struct SamplePage {
  std::vector<quality::v1::SampleRecord> samples;
  std::optional<SamplePosition> last;  // absent when no sample follows
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
class SampleReader {
 public:
  virtual ~SampleReader() = default;

  // Newest sample of one device or (empty) of all, with matrices. Errors: NOT_FOUND.
  virtual absl::StatusOr<quality::v1::SampleRecord> FindLatest(const std::string& device_id) = 0;

  // Newest or oldest first; an unknown lot or device has no samples.
  virtual absl::StatusOr<SamplePage> ListSamples(const SampleQuery& query) = 0;

  // One sample with matrices. Errors: NOT_FOUND; FAILED_PRECONDITION when device_id is empty and two devices used the id.
  virtual absl::StatusOr<quality::v1::SampleRecord> FindSample(const std::string& sample_id, const std::string& device_id) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_SAMPLE_READER_H_
