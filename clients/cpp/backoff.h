// Exponential back-off with full jitter, so that a thousand stations do not come back in the same millisecond.
#ifndef EGI_CLIENTS_CPP_BACKOFF_H_
#define EGI_CLIENTS_CPP_BACKOFF_H_

#include <functional>

#include "absl/time/time.h"

namespace egi::client {

// Delays between attempts: attempt n waits a random time in [ceiling / 2, ceiling], ceiling = min(max, initial * 2^n).
// Not thread-safe.
class Backoff {
 public:
  struct Options {
    absl::Duration initial = absl::Milliseconds(100);
    absl::Duration max = absl::Seconds(15);
  };

  // `random` returns a uniform number in [0, 1).
  Backoff(Options options, std::function<double()> random);

  // The next delay; at least `at_least` (the server's RetryInfo).
  absl::Duration Next(absl::Duration at_least = absl::ZeroDuration());
  // The connection works again: start over at `initial`.
  void Reset() { ceiling_ = options_.initial; }

 private:
  const Options options_;
  const std::function<double()> random_;
  absl::Duration ceiling_;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_BACKOFF_H_
