// What is known of the livers of a lot before one is measured.
#ifndef EGI_SIMULATORS_LOT_MONITOR_SUBJECT_H_
#define EGI_SIMULATORS_LOT_MONITOR_SUBJECT_H_

#include "egi/feeding/v1/lot.pb.h"
#include "simulators/station/inspection.h"

namespace egi::lot_monitor {

// Mean liver mass = corn per duck / ITM (the mean ITM of the 2024 campaign, 14.97, while the lot has none), spread = Sigma (domain.md sections 4 and 5). What the
// lot does not tell stays 0: the station's profile decides.
station::LotUnderInspection SubjectOf(const feeding::v1::Lot& lot);

}  // namespace egi::lot_monitor

#endif  // EGI_SIMULATORS_LOT_MONITOR_SUBJECT_H_
