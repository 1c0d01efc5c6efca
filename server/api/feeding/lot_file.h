// Stored lots as lines of a file: the campaign layouts and NDJSON. No personal data.
#ifndef EGI_SERVER_API_FEEDING_LOT_FILE_H_
#define EGI_SERVER_API_FEEDING_LOT_FILE_H_

#include <string>

#include "server/campaign/campaign_file.h"
#include "server/storage/read/lot_sheet_reader.h"

namespace egi::api {

// A lot as a row. Figures and derived columns come from the lot and its meals, other columns from the row it was imported from; the personal columns are
// empty, and `Gaveur` is `#` and the number of the feeder. The layout has room for 27 meals: ask FitsLayout first.
campaign::CampaignLot ToCampaignLot(const storage::read::CampaignSheet& sheet, campaign::Layout layout);

// `format`: campaign174, campaign199, campaign100 or ndjson. Empty for ndjson.
std::string LotFileHeader(const std::string& format);
// False for a lot with a 28th meal in a campaign layout, which is left out: without that meal the sums of the row would be those of another lot.
bool FitsLayout(const storage::read::CampaignSheet& sheet, const std::string& format);
void AppendLotLine(const storage::read::CampaignSheet& sheet, const std::string& format, std::string* file);

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_LOT_FILE_H_
