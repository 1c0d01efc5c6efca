// Rows of the histories of a device.
#ifndef EGI_SERVER_STORAGE_WRITE_DEVICE_CHANGES_H_
#define EGI_SERVER_STORAGE_WRITE_DEVICE_CHANGES_H_

#include <string>

#include "absl/time/time.h"
#include "egi/quality/v1/device.pb.h"
#include "pqxx/pqxx"
#include "server/storage/read/row_cursor.h"
#include "server/storage/write/device_store.h"

namespace egi::storage::write {

// All throw what libpqxx throws: call them inside Pool::Read or Pool::Write only.

void ApplyUpdate(pqxx::transaction_base& transaction, const std::string& device_id, const DeviceUpdate& update);

// Keeps the fields a user may change that differ; nothing when none does. `action`: approve, retire or update.
void KeepChange(pqxx::transaction_base& transaction, const std::string& action, const quality::v1::Device& before, const quality::v1::Device& after,
                const Actor& actor, absl::Time now);

// Keeps the whole configuration before and after.
void KeepConfigurationChange(pqxx::transaction_base& transaction, const std::string& device_id, const quality::v1::DeviceConfiguration& before,
                             const quality::v1::DeviceConfiguration& after, const Actor& actor, absl::Time now);

// $1 device, $2 place before which rows are wanted, $3 how many. The first column is the place.
extern const char kChangesSql[];
extern const char kPresenceSql[];
extern const char kCountersSql[];
quality::v1::DeviceChange ToChange(read::RowCursor row);
quality::v1::DevicePresence ToPresence(read::RowCursor row);
quality::v1::DeviceCounters ToCounters(read::RowCursor row);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_DEVICE_CHANGES_H_
