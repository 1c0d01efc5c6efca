#include "server/storage/write/rollout_rows.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "egi/quality/v1/command.pb.h"
#include "server/base/rich_status.h"
#include "server/storage/read/session.h"
#include "server/storage/write/command_rows.h"

namespace egi::storage::write {
namespace {

using quality::v1::DeviceUpdate;
using quality::v1::Rollout;
using read::RowCursor;

constexpr char kRollouts[] =
    "SELECT r.rollout_id, r.version, r.site_code, r.config_profile, array_to_string(r.stages_pct, ','), r.max_failed_pct, r.state, r.reason, r.stage, "
    "n.devices, n.offered, n.installed, n.rolled_back, n.failed, r.started_by, " EGI_US("r.started_at") ", r.changed_by, " EGI_US("r.changed_at")
    " FROM sqal_firmware_rollouts r CROSS JOIN LATERAL (SELECT count(*) AS devices, count(u.command_id) AS offered, "
    "count(*) FILTER (WHERE c.outcome = 'applied') AS installed, count(*) FILTER (WHERE c.outcome = 'rolled_back') AS rolled_back, "
    "count(*) FILTER (WHERE c.outcome = 'refused') AS failed "
    "FROM sqal_firmware_updates u LEFT JOIN sqal_device_commands c ON c.command_id = u.command_id WHERE u.rollout_id = r.rollout_id) n WHERE ";

constexpr char kUpdates[] =
    "SELECT u.device_id, u.stage, CASE WHEN c.command_id IS NULL THEN CASE r.state WHEN 'aborted' THEN 'withdrawn' ELSE 'waiting' END "
    "ELSE CASE c.outcome WHEN 'open' THEN 'offered' WHEN 'in_progress' THEN 'downloading' WHEN 'applied' THEN 'installed' "
    "WHEN 'rolled_back' THEN 'rolled_back' WHEN 'refused' THEN 'failed' ELSE 'withdrawn' END END, "
    "c.bytes_received, c.message, " EGI_US("c.created_at") ", " EGI_US("c.answered_at")
    " FROM sqal_firmware_updates u JOIN sqal_firmware_rollouts r ON r.rollout_id = u.rollout_id "
    "LEFT JOIN sqal_device_commands c ON c.command_id = u.command_id WHERE u.rollout_id = $1::integer ORDER BY u.stage, u.device_id";

// $1 rollout, $2 state, $3 reason, $4 who, $5 now.
constexpr char kState[] = R"sql(
  UPDATE sqal_firmware_rollouts r SET state = $2::text, reason = $3::text, changed_by = $4::text, changed_at = $5::timestamptz,
    accepted_failures = CASE WHEN $2::text <> 'running' THEN accepted_failures ELSE (
      SELECT count(*) FROM sqal_firmware_updates u JOIN sqal_device_commands c ON c.command_id = u.command_id
      WHERE u.rollout_id = r.rollout_id AND c.outcome IN ('rolled_back', 'refused')) END
  WHERE r.rollout_id = $1::integer)sql";

constexpr char kOffer[] = R"sql(
  SELECT u.device_id, f.version, f.size_bytes, f.sha256, d.status
  FROM sqal_firmware_updates u JOIN sqal_firmware_rollouts r ON r.rollout_id = u.rollout_id JOIN sqal_firmware f ON f.version = r.version
  JOIN sqal_devices d ON d.device_id = u.device_id
  WHERE u.rollout_id = $1::integer AND u.stage = $2::integer AND u.command_id IS NULL ORDER BY u.device_id)sql";

constexpr char kProgress[] = R"sql(
  SELECT count(u.command_id), count(*) FILTER (WHERE c.outcome IN ('open', 'in_progress')),
    count(*) FILTER (WHERE c.outcome IN ('rolled_back', 'refused')), r.accepted_failures, r.max_failed_pct, r.stage, array_length(r.stages_pct, 1)
  FROM sqal_firmware_rollouts r LEFT JOIN sqal_firmware_updates u ON u.rollout_id = r.rollout_id
  LEFT JOIN sqal_device_commands c ON c.command_id = u.command_id
  WHERE r.rollout_id = $1::integer GROUP BY r.rollout_id)sql";

constexpr char kServer[] = "egi-server";

Rollout ToRollout(RowCursor row) {
  Rollout rollout;
  rollout.set_rollout_id(row.Int());
  rollout.set_version(row.Text());
  row.Set(&rollout, &Rollout::mutable_site_code);
  row.Set(&rollout, &Rollout::mutable_config_profile);
  for (const auto& stage : absl::StrSplit(row.Text(), ',')) rollout.add_stages_pct(std::stoi(std::string(stage)));
  rollout.set_max_failed_pct(row.Int());
  rollout.set_state(row.Text());
  rollout.set_reason(row.Text());
  rollout.set_stage(row.Int());
  rollout.set_devices(row.Int());
  rollout.set_offered(row.Int());
  rollout.set_installed(row.Int());
  rollout.set_rolled_back(row.Int());
  rollout.set_failed(row.Int());
  rollout.set_started_by(row.Text());
  row.Set(&rollout, &Rollout::mutable_started_at);
  rollout.set_changed_by(row.Text());
  row.Set(&rollout, &Rollout::mutable_changed_at);
  return rollout;
}

DeviceUpdate ToUpdate(RowCursor row) {
  DeviceUpdate update;
  update.set_device_id(row.Text());
  update.set_stage(row.Int());
  update.set_state(row.Text());
  update.set_bytes_received(row.Int());
  update.set_message(row.Text());
  row.Set(&update, &DeviceUpdate::mutable_offered_at);
  row.Set(&update, &DeviceUpdate::mutable_updated_at);
  return update;
}

}  // namespace

std::vector<Rollout> ReadRollouts(pqxx::transaction_base& transaction, const std::string& condition, std::vector<std::string> params, int limit) {
  params.push_back(absl::StrCat(limit));
  std::vector<Rollout> rollouts;
  const std::string sql = absl::StrCat(kRollouts, condition, " ORDER BY r.rollout_id DESC LIMIT $", params.size(), "::integer");
  for (const pqxx::row& row : read::Run(transaction, sql, params)) rollouts.push_back(ToRollout(RowCursor(row)));
  return rollouts;
}

std::vector<DeviceUpdate> ReadUpdates(pqxx::transaction_base& transaction, int32_t rollout_id) {
  std::vector<DeviceUpdate> updates;
  for (const pqxx::row& row : read::Run(transaction, kUpdates, {absl::StrCat(rollout_id)})) updates.push_back(ToUpdate(RowCursor(row)));
  return updates;
}

absl::StatusOr<Rollout> ReadOneRollout(pqxx::transaction_base& transaction, int32_t rollout_id) {
  std::vector<Rollout> found = ReadRollouts(transaction, "r.rollout_id = $1::integer", {absl::StrCat(rollout_id)}, 1);
  if (!found.empty()) return std::move(found.front());
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("rollout ", rollout_id, " does not exist; GET /api/sqal/firmware/rollouts (ListRollouts) names those that do")),
                       "ROLLOUT_NOT_FOUND", {{"rollout_id", absl::StrCat(rollout_id)}});
}

void WriteState(pqxx::transaction_base& transaction, int32_t rollout_id, const std::string& state, const std::string& reason, const std::string& by,
                absl::Time now) {
  read::Run(transaction, kState, {absl::StrCat(rollout_id), state, reason, by, SqlTime(now)});
}

absl::StatusOr<bool> OfferStage(pqxx::transaction_base& transaction, int32_t rollout_id, int stage, const std::string& by, absl::Time now) {
  const std::string id = absl::StrCat(rollout_id);
  read::Run(transaction, "UPDATE sqal_firmware_rollouts SET stage = $2::integer WHERE rollout_id = $1::integer", {id, absl::StrCat(stage)});
  bool offered = false;
  for (const pqxx::row& row : read::Run(transaction, kOffer, {id, absl::StrCat(stage)})) {
    RowCursor cursor(row);
    quality::v1::DeviceCommand command;
    command.set_device_id(cursor.Text());
    command.mutable_firmware()->set_version(cursor.Text());
    command.mutable_firmware()->set_size_bytes(cursor.Long());
    command.mutable_firmware()->set_sha256(cursor.Text());
    if (cursor.Text() == "retired") {
      read::Run(transaction, "DELETE FROM sqal_firmware_updates WHERE rollout_id = $1::integer AND device_id = $2::text", {id, command.device_id()});
      continue;
    }
    const auto queued = EnqueueCommand(transaction, command, by, now);
    if (!queued.ok()) return queued.status();
    read::Run(transaction, "UPDATE sqal_firmware_updates SET command_id = $3::integer WHERE rollout_id = $1::integer AND device_id = $2::text",
              {id, command.device_id(), absl::StrCat(queued->command().command_id())});
    offered = true;
  }
  return offered;
}

absl::Status AdvanceRollout(pqxx::transaction_base& transaction, int32_t rollout_id, absl::Time now) {
  const pqxx::result rows = read::Run(transaction, kProgress, {absl::StrCat(rollout_id)});
  RowCursor row(rows[0]);
  const int offered = row.Int(), unfinished = row.Int(), all_failures = row.Int(), accepted = row.Int(), max_failed_pct = row.Int();
  int stage = row.Int();
  const int stages = row.Int(), failures = all_failures - accepted;
  if (failures > 0 && 100 * failures > max_failed_pct * offered) {
    WriteState(transaction, rollout_id, "paused",
               absl::StrCat(failures, " of ", offered, " devices refused the version or rolled back (limit ", max_failed_pct,
                            " %); look at their messages, then resume or abort"),
               kServer, now);
    return absl::OkStatus();
  }
  if (unfinished > 0) return absl::OkStatus();
  while (stage < stages) {
    const auto begun = OfferStage(transaction, rollout_id, ++stage, kServer, now);
    if (!begun.ok()) return begun.status();
    if (*begun) return absl::OkStatus();
  }
  WriteState(transaction, rollout_id, "completed", "", kServer, now);
  return absl::OkStatus();
}

}  // namespace egi::storage::write
