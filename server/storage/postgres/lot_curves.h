// What was prescribed for the lots of a batch of meals: curves in force and agreed corrections.
#ifndef EGI_SERVER_STORAGE_POSTGRES_LOT_CURVES_H_
#define EGI_SERVER_STORAGE_POSTGRES_LOT_CURVES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/lot_rows.h"

namespace egi::storage {

// Fills `curve` of the lots named, which stand in `lots`. Whoever changes a prescription changes the row of its lot too, so it is read again with the lot's meals.
absl::Status ReadCurves(Connection* connection, const std::vector<std::string>& codes, LotMap* lots);

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_LOT_CURVES_H_
