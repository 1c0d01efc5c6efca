// Counters of samples that never repeat over restarts.
#ifndef EGI_SIMULATORS_STATION_NUMBERING_H_
#define EGI_SIMULATORS_STATION_NUMBERING_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace egi::station {

// Hands out 1, 2, 3 ... With a folder the next number is kept there, in a file written and synced before numbers are used, a block at a time: a killed
// station leaves a gap of less than a block and never uses a number twice. Not thread-safe.
class Numbering {
 public:
  struct Options {
    std::string folder;         // must exist; empty = numbers live in memory
    int64_t start = 0;          // > 0: begin here whatever the file says
    int64_t block = 64;         // numbers reserved by one write, >= 1
  };

  // Errors: INVALID_ARGUMENT (the file cannot be read as a number), INTERNAL (input/output error).
  static absl::StatusOr<std::unique_ptr<Numbering>> Create(Options options);

  // The next number. Errors: INTERNAL (the reservation could not be written; no number was used).
  absl::StatusOr<int64_t> Next();

 private:
  explicit Numbering(Options options) : options_(std::move(options)) {}
  absl::Status Reserve(int64_t end);

  const Options options_;
  int64_t next_ = 1;
  int64_t reserved_end_ = 1;  // numbers below may be used
};

}  // namespace egi::station

#endif  // EGI_SIMULATORS_STATION_NUMBERING_H_
