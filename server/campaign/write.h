// Writes campaign files: lots and meals in the columns of the reference file and its relatives (domain.md section 15.3).
#ifndef EGI_SERVER_CAMPAIGN_WRITE_H_
#define EGI_SERVER_CAMPAIGN_WRITE_H_

#include <string>
#include <vector>

#include "server/campaign/campaign_file.h"
#include "server/campaign/columns.h"

namespace egi::campaign {

// The header line, with its line end.
std::string WriteHeader(Layout layout);

// One row, with its line end. Every derived column is computed from the meals by the formulas of section 15.3 (corn_variation_1 and delta_feed1 are 0,
// cells of a meal that was not given are empty); so are the loss, the classes, and ITM from the mean liver weight when `itm` is absent. Columns that
// the fields of the lot do not tell (GEO, saison, the personal ones ...) come from `lot.cells` and are empty without. Region (GEO) and season follow
// from site and first day when `cells` does not hold them.
std::string WriteRow(const CampaignLot& lot, Layout layout);

// Header and rows.
std::string WriteCampaignFile(const std::vector<CampaignLot>& lots, Layout layout = Layout::k174);

// A (<= 12.5), B (<= 14), C (<= 15.5), D (<= 17) or E: domain.md section 4.
std::string ItmClass(double itm);

}  // namespace egi::campaign

#endif  // EGI_SERVER_CAMPAIGN_WRITE_H_
