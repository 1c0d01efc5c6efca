#include <string>

#include "server/storage/read/quality_row.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/device_store.h"

namespace egi::storage::write {
namespace {

// $1 device, $2 firmware, $3 place, $4 uptime, $5 buffer, $6 now. Empty texts leave what is known; the site of a new device stands in
// its name between underscores or dashes (domain.md section 3.5).
constexpr char kHeartbeat[] = R"sql(
  INSERT INTO sqal_devices AS d (device_id, device_name, firmware_version, location, uptime_s, buffer_size, last_seen, site_code)
  VALUES ($1::text, $1::text, left(nullif($2::text, ''), 20), nullif($3::text, ''), $4::bigint, $5::integer, $6::timestamptz,
          substring($1::text from '[_-](LL|LS|MT)(?:[_-]|[0-9]|$)'))
  ON CONFLICT (device_id) DO UPDATE SET
    firmware_version = coalesce(excluded.firmware_version, d.firmware_version),
    location = coalesce(excluded.location, d.location), uptime_s = excluded.uptime_s, buffer_size = excluded.buffer_size,
    last_seen = greatest(excluded.last_seen, d.last_seen))sql";

class PostgresDeviceStore final : public DeviceStore {
 public:
  explicit PostgresDeviceStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<quality::v1::Device> RecordHeartbeat(const quality::v1::DeviceHeartbeat& heartbeat, absl::Time now) override {
    quality::v1::Device device;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) {
      read::Run(transaction, kHeartbeat,
                {heartbeat.device_id(), heartbeat.firmware_version(), heartbeat.location(), std::to_string(heartbeat.uptime_s()),
                 std::to_string(heartbeat.buffer_size()), SqlTime(now)});
      const std::string sql = std::string(read::kDeviceSql) + " WHERE d.device_id = $1";
      device = read::ToDevice(read::RowCursor(read::Run(transaction, sql, {heartbeat.device_id()})[0]));
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return device;
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<DeviceStore> NewPostgresDeviceStore(Pool& pool) { return std::make_unique<PostgresDeviceStore>(pool); }

}  // namespace egi::storage::write
