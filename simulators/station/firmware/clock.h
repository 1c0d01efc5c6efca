// Time as the firmware knows it.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_CLOCK_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_CLOCK_H_

#include "absl/time/time.h"

namespace egi::station::firmware {

// Not thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Since the station was powered.
  virtual absl::Duration Uptime() const = 0;
  virtual void Wait(absl::Duration duration) = 0;
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_CLOCK_H_
