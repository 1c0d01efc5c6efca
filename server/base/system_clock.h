// The clock of the machine; made in main and handed down.
#ifndef EGI_SERVER_BASE_SYSTEM_CLOCK_H_
#define EGI_SERVER_BASE_SYSTEM_CLOCK_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/base/clock.h"

namespace egi {

class SystemClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace egi

#endif  // EGI_SERVER_BASE_SYSTEM_CLOCK_H_
