// A day of a lot as columns of a row.
#ifndef EGI_SERVER_STORAGE_READ_DAY_ROW_H_
#define EGI_SERVER_STORAGE_READ_DAY_ROW_H_

#include <string>

#include "egi/feeding/v1/day_meal.pb.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::read {

// SELECT ... FROM for the days of `days`, a query that answers (lot_id, jour); aliases: x the days, l the lot, m its meals, j the entry.
std::string DaySql(const std::string& days);

// Takes the columns of DaySql.
feeding::v1::LotDay ToDay(RowCursor row);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_DAY_ROW_H_
