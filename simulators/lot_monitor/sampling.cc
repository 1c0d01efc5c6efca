#include "simulators/lot_monitor/sampling.h"

#include <algorithm>
#include <cmath>

namespace egi::lot_monitor {

int Sampling::Of(const quality::v1::PendingLot& lot) const {
  const int birds = lot.nb_canards_final().value();
  if (per_sqrt_bird <= 0 || birds <= 0) return per_lot;
  return static_cast<int>(std::clamp(std::round(per_sqrt_bird * std::sqrt(birds)), 1.0, 1000.0));
}

}  // namespace egi::lot_monitor
