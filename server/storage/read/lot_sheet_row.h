// Lots with everything their figures are made of, as rows.
#ifndef EGI_SERVER_STORAGE_READ_LOT_SHEET_ROW_H_
#define EGI_SERVER_STORAGE_READ_LOT_SHEET_ROW_H_

#include <string>

#include "server/storage/read/performance_reader.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::read {

// A SELECT of lots_gavage l, to which a WHERE clause may be added.
const std::string& LotSheetSql();

// A row of it. Liver masses are volumes times `density` (g/cm3).
LotSheet ToLotSheet(RowCursor row, double density);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_LOT_SHEET_ROW_H_
