#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/command_rows.h"
#include "server/storage/write/command_store.h"

namespace egi::storage::write {
namespace {

using quality::v1::CommandResult;
using quality::v1::DeviceCommand;
using quality::v1::DeviceCommandRecord;

// $1 id, $2 device, $3 outcome, $4 message, $5 bytes, $6 now. A final answer stands; progress is noted only while the command is open.
constexpr char kRecord[] = R"sql(
  UPDATE sqal_device_commands SET outcome = $3::text, message = nullif($4::text, ''), answered_at = $6::timestamptz,
    bytes_received = greatest(bytes_received, $5::bigint)
  WHERE command_id = $1::integer AND device_id = $2::text
    AND (outcome IN ('open', 'in_progress') OR ($3::text <> 'in_progress' AND outcome IN ('superseded', 'withdrawn'))))sql";

const char* OutcomeName(quality::v1::CommandOutcome outcome) {
  switch (outcome) {
    case quality::v1::COMMAND_OUTCOME_APPLIED: return "applied";
    case quality::v1::COMMAND_OUTCOME_REFUSED: return "refused";
    case quality::v1::COMMAND_OUTCOME_IN_PROGRESS: return "in_progress";
    case quality::v1::COMMAND_OUTCOME_ROLLED_BACK: return "rolled_back";
    default: return "";
  }
}

class PostgresCommandStore final : public CommandStore {
 public:
  explicit PostgresCommandStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<DeviceCommandRecord> Enqueue(const DeviceCommand& command, const std::string& by, absl::Time now) override {
    DeviceCommandRecord record;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      auto enqueued = EnqueueCommand(transaction, command, by, now);
      if (!enqueued.ok()) return enqueued.status();
      record = *std::move(enqueued);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return record;
  }

  absl::StatusOr<std::vector<DeviceCommandRecord>> Open(const std::vector<std::string>& device_ids) override {
    static const std::string* const kSql = new std::string(absl::StrCat(
        kCommandSql, " WHERE c.outcome IN ('open', 'in_progress') AND c.device_id = ANY ($1::text[]) ORDER BY c.command_id"));
    return read::ReadRows<DeviceCommandRecord>(pool_, *kSql, {TextArray(device_ids)}, ToCommandRecord);
  }

  absl::Status MarkSent(const std::vector<int32_t>& command_ids, absl::Time now) override {
    if (command_ids.empty()) return absl::OkStatus();
    return pool_.Write([&](pqxx::transaction_base& transaction) {
      read::Run(transaction, "UPDATE sqal_device_commands SET sent_at = $2::timestamptz WHERE command_id = ANY ($1::integer[])",
                {absl::StrCat("{", absl::StrJoin(command_ids, ","), "}"), SqlTime(now)});
      return absl::OkStatus();
    });
  }

  absl::StatusOr<DeviceCommandRecord> Record(const CommandResult& result, absl::Time now) override {
    const std::string outcome = OutcomeName(result.outcome());
    if (outcome.empty()) return InvalidFields({{"command_result.outcome", "must be applied, refused, in progress or rolled back"}});
    DeviceCommandRecord record;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const std::string id = absl::StrCat(result.command_id());
      read::Run(transaction, kRecord,
                {id, result.device_id(), outcome, result.message(), absl::StrCat(std::max<int64_t>(result.bytes_received(), 0)), SqlTime(now)});
      const pqxx::result rows = read::Run(
          transaction, absl::StrCat(kCommandSql, " WHERE c.command_id = $1::integer AND c.device_id = $2::text"), {id, result.device_id()});
      if (rows.empty()) {
        return WithErrorInfo(absl::NotFoundError(absl::StrCat("device ", result.device_id(), " has no command ", id)), "COMMAND_NOT_FOUND",
                             {{"command_id", id}});
      }
      record = ToCommandRecord(read::RowCursor(rows[0]));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return record;
  }

  absl::Status Withdraw(int32_t command_id, const std::string& reason, absl::Time now) override {
    return pool_.Write([&](pqxx::transaction_base& transaction) {
      read::Run(transaction,
                "UPDATE sqal_device_commands SET outcome = 'withdrawn', message = $2::text, answered_at = $3::timestamptz "
                "WHERE command_id = $1::integer AND outcome IN ('open', 'in_progress')",
                {absl::StrCat(command_id), reason, SqlTime(now)});
      return absl::OkStatus();
    });
  }

  absl::StatusOr<std::vector<DeviceCommandRecord>> List(const CommandQuery& query) override {
    std::vector<DeviceCommandRecord> records;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      records.clear();
      if (read::Run(transaction, "SELECT 1 FROM sqal_devices WHERE device_id = $1::text", {query.device_id}).empty()) {
        return DeviceNotFound(query.device_id);
      }
      const pqxx::result rows =
          read::Run(transaction,
                    absl::StrCat(kCommandSql, " WHERE c.device_id = $1::text AND ($2::integer = 0 OR c.command_id < $2::integer)"
                                              " ORDER BY c.command_id DESC LIMIT $3::integer"),
                    {query.device_id, absl::StrCat(query.before_id), absl::StrCat(query.limit)});
      for (const pqxx::row& row : rows) records.push_back(ToCommandRecord(read::RowCursor(row)));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return records;
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<CommandStore> NewPostgresCommandStore(Pool& pool) { return std::make_unique<PostgresCommandStore>(pool); }

}  // namespace egi::storage::write
