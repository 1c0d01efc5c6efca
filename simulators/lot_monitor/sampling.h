// How many livers of a lot are measured.
#ifndef EGI_SIMULATORS_LOT_MONITOR_SAMPLING_H_
#define EGI_SIMULATORS_LOT_MONITOR_SAMPLING_H_

#include "egi/quality/v1/inspection.pb.h"

namespace egi::lot_monitor {

// The same number for every lot, or a number that grows with the square root of its birds (simulators.md section 9), as the standard error of a mean asks for.
struct Sampling {
  int per_lot = 5;                // 1..1000
  double per_sqrt_bird = 0;       // above 0 it replaces per_lot where the birds are known

  // 1..1000.
  int Of(const quality::v1::PendingLot& lot) const;
};

}  // namespace egi::lot_monitor

#endif  // EGI_SIMULATORS_LOT_MONITOR_SAMPLING_H_
