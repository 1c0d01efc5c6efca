// Rows of the inspection queue and of the device registry as messages.
#ifndef EGI_SERVER_STORAGE_READ_QUALITY_ROW_H_
#define EGI_SERVER_STORAGE_READ_QUALITY_ROW_H_

#include <string>

#include "egi/quality/v1/device.pb.h"
#include "egi/quality/v1/inspection.pb.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::read {

// SELECT ... FROM sqal_devices d, the columns that ToDevice takes.
extern const char kDeviceSql[];
quality::v1::Device ToDevice(RowCursor row);

// SELECT ... FROM sqal_pending_lots p JOIN lots_gavage l, the columns that ToPendingLot takes. `now` names the parameter with the present,
// e.g. "$1".
std::string PendingLotSql(const std::string& now);
quality::v1::PendingLot ToPendingLot(RowCursor row);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_QUALITY_ROW_H_
