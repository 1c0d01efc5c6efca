// Samples for load: full matrices and channels of a plausible liver, nothing computed while the clock runs.
#ifndef EGI_TESTS_LOAD_SAMPLE_POOL_H_
#define EGI_TESTS_LOAD_SAMPLE_POOL_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "egi/quality/v1/ingest.pb.h"

namespace egi::load {

// A batch whose samples are rewritten in place for each sending.
class ReusableBatch {
 public:
  // `size` samples of `device`.
  ReusableBatch(const std::string& device, int size);

  // Gives the samples the sequences first .. first + size - 1, ids of their own and the device time `now`.
  const quality::v1::StreamSamplesRequest& Renew(int64_t first, absl::Time now);

 private:
  const std::string device_;
  quality::v1::StreamSamplesRequest request_;
};

}  // namespace egi::load

#endif  // EGI_TESTS_LOAD_SAMPLE_POOL_H_
