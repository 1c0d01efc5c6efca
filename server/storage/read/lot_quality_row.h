// What the stations measured on the livers of a lot, as one row.
#ifndef EGI_SERVER_STORAGE_READ_LOT_QUALITY_ROW_H_
#define EGI_SERVER_STORAGE_READ_LOT_QUALITY_ROW_H_

#include "egi/feeding/v1/performance.pb.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::read {

// The lots with an id in $1 (integer[]) or a code in $2 (text[]); a lot without samples is a row too.
extern const char kLotQualitySql[];

// Volumes become masses by `density_g_cm3`.
feeding::v1::LotQuality ToLotQuality(RowCursor row, double density_g_cm3);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_LOT_QUALITY_ROW_H_
