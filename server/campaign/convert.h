// A campaign file in the words of the services.
#ifndef EGI_SERVER_CAMPAIGN_CONVERT_H_
#define EGI_SERVER_CAMPAIGN_CONVERT_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/campaign/campaign_file.h"
#include "egi/feeding/v1/lot.pb.h"
#include "egi/feeding/v1/meal.pb.h"

namespace egi::campaign {

// One row. Personal columns go into GaveurContact only. `names`: the columns of the file; of those that describe the lot, one whose cell is empty is a null in
// `source`, so that the importer can tell "nothing" from "not told".
egi::feeding::v1::ImportedLot ToImportedLot(const CampaignLot& lot, const std::set<std::string>& names);

// All lots in one request, so that they are imported all or none. Personal columns go into GaveurContact only.
egi::feeding::v1::ImportLotsRequest ToImportRequest(const Campaign& campaign, bool dry_run);

// Appends the meals given of a lot, in their order. Meal i of a lot is day (i - 1) / 2 counted from J0, in the morning (08:00) for odd i and in the
// evening (18:00) for even i, in the sites' zone (domain.md section 7.1; the file has no times).
void AppendMeals(const CampaignLot& lot, absl::TimeZone zone, std::vector<egi::feeding::v1::Meal>* meals);

// Those of all lots in the order of their times, as the stations would have sent them, in the zone Europe/Paris. Errors:
// FAILED_PRECONDITION (the machine does not know the zone).
absl::StatusOr<std::vector<egi::feeding::v1::Meal>> ToMeals(const Campaign& campaign);

}  // namespace egi::campaign

#endif  // EGI_SERVER_CAMPAIGN_CONVERT_H_
