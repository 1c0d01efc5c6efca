// A campaign file in the words of the services.
#ifndef EGI_CLIENTS_CLI_CAMPAIGN_CONVERT_H_
#define EGI_CLIENTS_CLI_CAMPAIGN_CONVERT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/campaign/campaign_file.h"
#include "egi/feeding/v1/lot.pb.h"
#include "egi/feeding/v1/meal.pb.h"

namespace egi::campaign {

// All lots in one request, so that they are imported all or none. Personal columns go into GaveurContact only.
egi::feeding::v1::ImportLotsRequest ToImportRequest(const Campaign& campaign, bool dry_run);

// The meals given, in the order of their times, as a station would have sent them. Meal i of a lot is day (i - 1) / 2 counted from
// J0, in the morning (08:00) for odd i and in the evening (18:00) for even i, in the sites' zone Europe/Paris (domain.md section 7.1; the
// file has no times). Errors: FAILED_PRECONDITION (the machine does not know the zone).
absl::StatusOr<std::vector<egi::feeding::v1::Meal>> ToMeals(const Campaign& campaign);

}  // namespace egi::campaign

#endif  // EGI_CLIENTS_CLI_CAMPAIGN_CONVERT_H_
