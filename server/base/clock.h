// The clock every stage is given; only main reads the system's.
#ifndef EGI_SERVER_BASE_CLOCK_H_
#define EGI_SERVER_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace egi {

// Source of the present. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

}  // namespace egi

#endif  // EGI_SERVER_BASE_CLOCK_H_
