// The queue of what the server asks of stations. It lives in the database, so that any server may deliver a command and no restart loses one.
#ifndef EGI_SERVER_STORAGE_WRITE_COMMAND_STORE_H_
#define EGI_SERVER_STORAGE_WRITE_COMMAND_STORE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/quality/v1/command.pb.h"
#include "egi/quality/v1/device.pb.h"
#include "server/storage/postgres/pool.h"

namespace egi::storage::write {

// Commands of a device, newest first.
struct CommandQuery {
  std::string device_id;
  int32_t before_id = 0;  // only older ones; 0 = from the newest
  int limit = 100;
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE.
class CommandStore {
 public:
  virtual ~CommandStore() = default;

  // Keeps `command` for its device_id and gives it a command_id. The open command of the same kind is superseded. Errors: INVALID_ARGUMENT (no command
  // set), NOT_FOUND (DEVICE_NOT_FOUND), FAILED_PRECONDITION (DEVICE_RETIRED).
  virtual absl::StatusOr<quality::v1::DeviceCommandRecord> Enqueue(const quality::v1::DeviceCommand& command, const std::string& by,
                                                                   absl::Time now) = 0;

  // Commands of these devices that have no final answer, oldest first. A command in progress is among them: the station may have lost power.
  virtual absl::StatusOr<std::vector<quality::v1::DeviceCommandRecord>> Open(const std::vector<std::string>& device_ids) = 0;

  // They were handed to a stream.
  virtual absl::Status MarkSent(const std::vector<int32_t>& command_ids, absl::Time now) = 0;

  // What a station answered. The first final answer stands; it also stands over `superseded` and `withdrawn`, because the station tells what is.
  // Answers the command as it is now. Errors: NOT_FOUND (no such command of that device), INVALID_ARGUMENT (no outcome).
  virtual absl::StatusOr<quality::v1::DeviceCommandRecord> Record(const quality::v1::CommandResult& result, absl::Time now) = 0;

  // Takes back a command that has no final answer; any other stays. `reason`: one sentence.
  virtual absl::Status Withdraw(int32_t command_id, const std::string& reason, absl::Time now) = 0;

  // Errors: NOT_FOUND (DEVICE_NOT_FOUND).
  virtual absl::StatusOr<std::vector<quality::v1::DeviceCommandRecord>> List(const CommandQuery& query) = 0;
};

// On PostgreSQL. `pool` must outlive the store.
std::unique_ptr<CommandStore> NewPostgresCommandStore(Pool& pool);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_COMMAND_STORE_H_
