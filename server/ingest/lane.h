// What tells one kind of ingestion stream from the other.
#ifndef EGI_SERVER_INGEST_LANE_H_
#define EGI_SERVER_INGEST_LANE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/persist/write.h"

namespace egi::ingest {

// Takes the items of a stream through validate and analyse to the batcher. Thread-safe; never blocks.
class Lane {
 public:
  virtual ~Lane() = default;

  // "sample" or "meal".
  virtual const std::string& kind() const = 0;

  // Decodes, normalises, validates, judges and submits serialised items; items[i] has sequence first_sequence + i. An item that cannot be
  // read, is larger than 1 MiB or breaks a rule is submitted as a refusal. `done` as in persist::Sink.
  virtual void Submit(const persist::Producer& producer, int64_t first_sequence, std::vector<std::string> items,
                      absl::Time received, persist::Done done) = 0;

  // Takes a serialised sign of life; answers whose it is. INVALID_ARGUMENT when it cannot be read or this kind of stream has none.
  virtual absl::StatusOr<std::string> Heartbeat(const std::string& bytes, absl::Time received) = 0;

  // Takes a serialised answer to a command. INVALID_ARGUMENT as above.
  virtual absl::Status CommandResult(const std::string& bytes, absl::Time received) = 0;
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_LANE_H_
