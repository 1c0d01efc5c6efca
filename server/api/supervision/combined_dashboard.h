// The combined dashboard from its sums. Pure.
#ifndef EGI_SERVER_API_SUPERVISION_COMBINED_DASHBOARD_H_
#define EGI_SERVER_API_SUPERVISION_COMBINED_DASHBOARD_H_

#include "absl/time/time.h"
#include "egi/supervision/v1/dashboard.pb.h"
#include "server/storage/read/supervision_reader.h"

namespace egi::api {

// The 30 days up to the day of `now` in the zone of the sites, and the 30 before.
storage::read::TrendPeriods TrendPeriodsAt(absl::Time now);

// Figures of nothing are null, never 0.
supervision::v1::CombinedDashboard CombinedDashboardOf(storage::read::CombinedSums sums, const storage::read::TrendPeriods& periods, absl::Time now);

}  // namespace egi::api

#endif  // EGI_SERVER_API_SUPERVISION_COMBINED_DASHBOARD_H_
