// A graded sample as a row of sqal_samples, both ways.
#ifndef EGI_SERVER_STORAGE_POSTGRES_SAMPLE_ROW_H_
#define EGI_SERVER_STORAGE_POSTGRES_SAMPLE_ROW_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/sample.pb.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/copy_writer.h"
#include "server/base/proto_time.h"

namespace egi::storage {

// Brings a sample to the form in which it is stored, so that an event read back equals the one sent: times in whole
// microseconds, no empty blocks.
void CanonicaliseSample(quality::v1::Sample* sample);

// 16 bytes: the start of SHA-256 over the deterministic serialisation of a canonical sample. `scratch` is reused.
std::string BodyHash(const google::protobuf::MessageLite& body, std::string* scratch);

// COPY statement and encoder of one row. `scratch` are reused buffers.
struct SampleRowScratch {
  std::string matrix;
  std::string details;
};
extern const char kCopySamples[];
absl::Status WriteSampleRow(const quality::v1::GradedSample& graded, int64_t batch_id, int32_t ordinal,
                            SampleRowScratch* scratch, CopyWriter* copy);

// Columns to select, in the order ReadSampleRow wants them, from sqal_samples AS s.
extern const char kSampleColumns[];
absl::StatusOr<quality::v1::GradedSample> ReadSampleRow(const Rows& rows, int row, int first_column);
inline constexpr int kSampleColumnCount = 52;

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_SAMPLE_ROW_H_
