// Commands in the transaction of the fact that asks for them.
#ifndef EGI_SERVER_STORAGE_WRITE_COMMAND_ROWS_H_
#define EGI_SERVER_STORAGE_WRITE_COMMAND_ROWS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/command.pb.h"
#include "egi/quality/v1/device.pb.h"
#include "pqxx/pqxx"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::write {

// All throw what libpqxx throws: call them inside Pool::Read or Pool::Write only.

// As CommandStore::Enqueue, within `transaction`.
absl::StatusOr<quality::v1::DeviceCommandRecord> EnqueueCommand(pqxx::transaction_base& transaction, const quality::v1::DeviceCommand& command,
                                                                const std::string& by, absl::Time now);

// Locks a device until the end of `transaction` and answers its status. Errors: NOT_FOUND (DEVICE_NOT_FOUND).
absl::StatusOr<std::string> LockDevice(pqxx::transaction_base& transaction, const std::string& device_id);

// NOT_FOUND (DEVICE_NOT_FOUND).
absl::Status DeviceNotFound(const std::string& device_id);

// Withdraws the open commands of a device.
void WithdrawCommands(pqxx::transaction_base& transaction, const std::string& device_id, const std::string& reason, absl::Time now);

// SELECT ... FROM sqal_device_commands c, the columns that ToCommandRecord takes.
extern const char kCommandSql[];
quality::v1::DeviceCommandRecord ToCommandRecord(read::RowCursor row);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_COMMAND_ROWS_H_
