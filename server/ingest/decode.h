// Reading items that come from outside.
#ifndef EGI_SERVER_INGEST_DECODE_H_
#define EGI_SERVER_INGEST_DECODE_H_

#include <string>

#include "absl/status/status.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/sample.pb.h"

namespace egi::ingest {

// Largest item taken, bytes (api.md part E: real frames reach 140 kB).
inline constexpr size_t kMaxItemBytes = 1 << 20;

// Reads an item. INVALID_ARGUMENT when it is too large or cannot be read; the identity is then kept as far as it could be read
// (device_id and sample_id; code_lot), all else is dropped, so that the refusal can be traced.
absl::Status DecodeSample(const std::string& bytes, quality::v1::Sample* sample);
absl::Status DecodeMeal(const std::string& bytes, feeding::v1::Meal* meal);

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_DECODE_H_
