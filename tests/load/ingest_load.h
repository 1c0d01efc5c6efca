// Load on StreamSamples: how many samples a second become durable, and how long an acknowledgement takes.
#ifndef EGI_TESTS_LOAD_INGEST_LOAD_H_
#define EGI_TESTS_LOAD_INGEST_LOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/load/result.h"

namespace egi::load {

struct IngestLoadOptions {
  std::string server;           // HOST:PORT
  int streams = 2;
  int batch = 100;              // samples a message
  int window = 2000;            // samples sent and not yet acknowledged, per stream; lowered to what the server grants
  absl::Duration duration = absl::Seconds(5);
};

// Sends for `duration`, waits for every acknowledgement and counts acknowledged samples per second of the whole time.
// Any rejection or broken stream is an error.
absl::StatusOr<Result> MeasureIngest(const std::string& name, const IngestLoadOptions& options);

// The same load on a server of this process that acknowledges at once and stores nothing: the limit gRPC sets.
absl::StatusOr<Result> MeasureRawGrpc(const IngestLoadOptions& options);

}  // namespace egi::load

#endif  // EGI_TESTS_LOAD_INGEST_LOAD_H_
