// Which quality profile a finished lot deserves (domain.md section 13).
#ifndef EGI_SIMULATORS_LOT_MONITOR_PROFILE_H_
#define EGI_SIMULATORS_LOT_MONITOR_PROFILE_H_

#include <string>

#include "egi/quality/v1/inspection.pb.h"

namespace egi::lot_monitor {

// foiegras_premium, foiegras_standard_barquette or foiegras_low_quality. A lot whose weight or mortality is unknown is standard: nothing
// speaks for or against it.
std::string ChooseProfile(const quality::v1::PendingLot& lot);

}  // namespace egi::lot_monitor

#endif  // EGI_SIMULATORS_LOT_MONITOR_PROFILE_H_
