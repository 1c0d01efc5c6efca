#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/firmware_store.h"
#include "server/storage/write/rollout_rows.h"

namespace egi::storage::write {
namespace {

using quality::v1::ChangeRolloutRequest;
using quality::v1::Firmware;
using quality::v1::FirmwareInfo;
using quality::v1::GetRolloutResponse;
using quality::v1::Rollout;
using quality::v1::StartRolloutRequest;
using read::RowCursor;

constexpr char kFirmware[] =
    "SELECT f.version, f.size_bytes, f.sha256, f.uploaded_by, f.notes, " EGI_US("f.uploaded_at")
    ", (SELECT count(*) FROM sqal_devices d WHERE d.firmware_version = f.version), f.firmware_id FROM sqal_firmware f";

constexpr char kAdd[] = R"sql(
  INSERT INTO sqal_firmware (version, size_bytes, sha256, uploaded_by, notes, uploaded_at)
  VALUES ($1::text, $2::integer, $3::text, $4::text, $5::text, $6::timestamptz) ON CONFLICT (version) DO NOTHING RETURNING version)sql";

// $1 version, $2 offset.
constexpr char kBytes[] = R"sql(
  SELECT f.size_bytes, substring(c.data from ($2::bigint % 65536)::integer + 1)
  FROM sqal_firmware f LEFT JOIN sqal_firmware_chunks c ON c.version = f.version AND c.ordinal = $2::bigint / 65536
  WHERE f.version = $1::text)sql";

// Devices the rollout concerns, in the order of a hash of their ids, with the stage each belongs to: the first one whose share reaches it, counted in whole
// devices and at least one. $1 version, $2 site, $3 profile, $4 stages.
constexpr char kTargets[] = R"sql(
  WITH ranked AS (
    SELECT d.device_id, row_number() OVER (ORDER BY md5(d.device_id), d.device_id) AS place, count(*) OVER () AS total
    FROM sqal_devices d WHERE d.status = 'active' AND d.firmware_version IS DISTINCT FROM $1::text
      AND ($2::text = '' OR d.site_code = $2::text) AND ($3::text = '' OR d.config_profile = $3::text))
  SELECT r.device_id, (SELECT min(s.stage) FROM unnest($4::integer[]) WITH ORDINALITY AS s (pct, stage) WHERE r.place <= ceil(r.total * s.pct / 100.0))
  FROM ranked r)sql";

constexpr char kBusy[] = R"sql(
  SELECT u.device_id, u.rollout_id FROM sqal_firmware_updates u JOIN sqal_firmware_rollouts r ON r.rollout_id = u.rollout_id
  WHERE r.state IN ('running', 'paused') AND u.device_id = ANY ($1::text[]) ORDER BY 1 LIMIT 1)sql";

constexpr char kStart[] = R"sql(
  INSERT INTO sqal_firmware_rollouts (version, site_code, config_profile, stages_pct, max_failed_pct, state, stage, started_by, started_at, changed_by,
    changed_at)
  VALUES ($1::text, nullif($2::text, ''), nullif($3::text, ''), $4::integer[], $5::integer, 'running', 1, $6::text, $7::timestamptz, $6::text,
    $7::timestamptz) RETURNING rollout_id)sql";

constexpr char kWithdraw[] = R"sql(
  UPDATE sqal_device_commands c SET outcome = 'withdrawn', message = 'the rollout was aborted', answered_at = $2::timestamptz
  FROM sqal_firmware_updates u WHERE u.rollout_id = $1::integer AND c.command_id = u.command_id AND c.outcome = 'open')sql";

std::string IntArray(const google::protobuf::RepeatedField<int32_t>& values) { return absl::StrCat("{", absl::StrJoin(values, ","), "}"); }

Firmware ToFirmware(RowCursor& row) {
  Firmware firmware;
  firmware.set_version(row.Text());
  firmware.set_size_bytes(row.Int());
  firmware.set_sha256(row.Text());
  firmware.set_uploaded_by(row.Text());
  firmware.set_notes(row.Text());
  row.Set(&firmware, &Firmware::mutable_uploaded_at);
  firmware.set_devices(row.Int());
  return firmware;
}

absl::Status FirmwareNotFound(const std::string& version) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("firmware ", version, " does not exist; GET /api/sqal/firmware (ListFirmware) names those that do")), "FIRMWARE_NOT_FOUND",
                       {{"version", version}});
}

class PostgresFirmwareStore final : public FirmwareStore {
 public:
  explicit PostgresFirmwareStore(Pool& pool) : pool_(pool) {}

  absl::StatusOr<Firmware> AddFirmware(const FirmwareInfo& info, const std::string& bytes, absl::Time now) override {
    Firmware firmware;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const bool added = !read::Run(transaction, kAdd,
                                    {info.version(), absl::StrCat(bytes.size()), info.sha256(), info.uploaded_by(), info.notes(), SqlTime(now)})
                              .empty();
      for (size_t begin = 0; added && begin < bytes.size(); begin += kFirmwareChunkBytes) {
        transaction.exec_params("INSERT INTO sqal_firmware_chunks (version, ordinal, data) VALUES ($1, $2, $3)", info.version(),
                                static_cast<int>(begin / kFirmwareChunkBytes), pqxx::binarystring(bytes.substr(begin, kFirmwareChunkBytes)));
      }
      RowCursor row(read::Run(transaction, absl::StrCat(kFirmware, " WHERE f.version = $1::text"), {info.version()})[0]);
      firmware = ToFirmware(row);
      if (firmware.sha256() == info.sha256()) return absl::OkStatus();
      return WithErrorInfo(absl::AlreadyExistsError(absl::StrCat("firmware ", info.version(), " exists with other bytes (SHA-256 ", firmware.sha256(),
                                                                 "); give the new one a version of its own")),
                           "FIRMWARE_EXISTS", {{"version", info.version()}});
    });
    if (!status.ok()) return status;
    return firmware;
  }

  absl::StatusOr<std::vector<Firmware>> ListFirmware(int32_t before_id, int limit, int32_t* last) override {
    return read::ReadRows<Firmware>(
        pool_, absl::StrCat(kFirmware, " WHERE $1::integer = 0 OR f.firmware_id < $1::integer ORDER BY f.firmware_id DESC LIMIT $2::integer"),
        {absl::StrCat(before_id), absl::StrCat(limit)}, [last](RowCursor row) {
          Firmware firmware = ToFirmware(row);
          *last = row.Int();
          return firmware;
        });
  }

  absl::StatusOr<std::string> ReadBytes(const std::string& version, int64_t offset) override {
    std::string bytes;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      bytes.clear();
      const pqxx::result rows = read::Run(transaction, kBytes, {version, absl::StrCat(offset)});
      if (rows.empty()) return FirmwareNotFound(version);
      const auto size = rows[0][0].as<int64_t>();
      if (offset > size) {
        return WithErrorInfo(absl::OutOfRangeError(absl::StrCat("offset ", offset, " is beyond the end: firmware ", version, " has ", size, " bytes")),
                             "OFFSET_BEYOND_END", {{"size_bytes", absl::StrCat(size)}});
      }
      if (!rows[0][1].is_null()) bytes = pqxx::binarystring(rows[0][1]).str();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return bytes;
  }

  absl::StatusOr<Rollout> StartRollout(const StartRolloutRequest& request, absl::Time now) override {
    Rollout rollout;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      read::Run(transaction, "SELECT pg_advisory_xact_lock(hashtextextended('firmware rollout', 0))", {});
      if (read::Run(transaction, "SELECT 1 FROM sqal_firmware WHERE version = $1::text", {request.version()}).empty()) {
        return FirmwareNotFound(request.version());
      }
      auto targets = Targets(transaction, request);
      if (!targets.ok()) return targets.status();
      const pqxx::result started =
          read::Run(transaction, kStart,
                    {request.version(), request.site_code(), request.config_profile(), IntArray(request.stages_pct()),
                     absl::StrCat(request.max_failed_pct()), request.started_by(), SqlTime(now)});
      const auto rollout_id = started[0][0].as<int32_t>();
      for (const auto& [device_id, stage] : *targets) {
        read::Run(transaction, "INSERT INTO sqal_firmware_updates (rollout_id, device_id, stage) VALUES ($1::integer, $2::text, $3::integer)",
                  {absl::StrCat(rollout_id), device_id, absl::StrCat(stage)});
      }
      if (const auto begun = OfferStage(transaction, rollout_id, 1, request.started_by(), now); !begun.ok()) return begun.status();
      return Assign(ReadOneRollout(transaction, rollout_id), &rollout);
    });
    if (!status.ok()) return status;
    return rollout;
  }

  absl::StatusOr<std::vector<Rollout>> ListRollouts(int32_t before_id, int limit) override {
    std::vector<Rollout> rollouts;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      rollouts = ReadRollouts(transaction, "($1::integer = 0 OR r.rollout_id < $1::integer)", {absl::StrCat(before_id)}, limit);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return rollouts;
  }

  absl::StatusOr<GetRolloutResponse> ReadRollout(int32_t rollout_id) override {
    GetRolloutResponse response;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      response.Clear();
      if (absl::Status failed = Assign(ReadOneRollout(transaction, rollout_id), response.mutable_rollout()); !failed.ok()) return failed;
      for (auto& update : ReadUpdates(transaction, rollout_id)) *response.add_updates() = std::move(update);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<Rollout> ChangeRollout(const ChangeRolloutRequest& request, RolloutAction action, absl::Time now) override {
    Rollout rollout;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      const std::string id = absl::StrCat(request.rollout_id());
      read::Run(transaction, "SELECT 1 FROM sqal_firmware_rollouts WHERE rollout_id = $1::integer FOR UPDATE", {id});
      if (absl::Status failed = Assign(ReadOneRollout(transaction, request.rollout_id()), &rollout); !failed.ok()) return failed;
      if (rollout.state() == "completed" || rollout.state() == "aborted") {
        return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("rollout ", id, " is ", rollout.state(), " already; start a new one")),
                             "ROLLOUT_ENDED", {{"rollout_id", id}});
      }
      const char* const state = action == RolloutAction::kPause ? "paused" : action == RolloutAction::kAbort ? "aborted" : "running";
      WriteState(transaction, request.rollout_id(), state, request.reason(), request.changed_by(), now);
      if (action == RolloutAction::kAbort) read::Run(transaction, kWithdraw, {id, SqlTime(now)});
      return Assign(ReadOneRollout(transaction, request.rollout_id()), &rollout);
    });
    if (!status.ok()) return status;
    return rollout;
  }

  absl::Status AdvanceRollouts(absl::Time now) override {
    auto running = read::ReadRows<int32_t>(pool_, "SELECT rollout_id FROM sqal_firmware_rollouts WHERE state = 'running' ORDER BY 1", {},
                                           [](RowCursor row) { return row.Int(); });
    if (!running.ok()) return running.status();
    for (const int32_t rollout_id : *running) {
      const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
        const pqxx::result held = read::Run(
            transaction, "SELECT 1 FROM sqal_firmware_rollouts WHERE rollout_id = $1::integer AND state = 'running' FOR UPDATE SKIP LOCKED",
            {absl::StrCat(rollout_id)});
        return held.empty() ? absl::OkStatus() : AdvanceRollout(transaction, rollout_id, now);
      });
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  static absl::Status Assign(absl::StatusOr<Rollout> found, Rollout* rollout) {
    if (!found.ok()) return found.status();
    *rollout = *std::move(found);
    return absl::OkStatus();
  }

  // Devices and their stages.
  static absl::StatusOr<std::vector<std::pair<std::string, int>>> Targets(pqxx::transaction_base& transaction, const StartRolloutRequest& request) {
    std::vector<std::pair<std::string, int>> targets;
    for (const pqxx::row& row : read::Run(transaction, kTargets,
                                          {request.version(), request.site_code(), request.config_profile(), IntArray(request.stages_pct())})) {
      targets.emplace_back(row[0].as<std::string>(), row[1].as<int>());
    }
    if (targets.empty()) {
      return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("no active device of this site and profile runs another version than ",
                                                                      request.version(), "; GET /api/sqal/devices (ListDevices) names the devices")),
                           "NO_DEVICES", {{"version", request.version()}});
    }
    std::vector<std::string> ids;
    for (const auto& target : targets) ids.push_back(target.first);
    const pqxx::result busy = read::Run(transaction, kBusy, {TextArray(ids)});
    if (busy.empty()) return targets;
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("device ", busy[0][0].c_str(), " takes part in rollout ", busy[0][1].c_str(),
                                                                    "; wait for its end or abort it")),
                         "ROLLOUT_RUNNING", {{"rollout_id", busy[0][1].c_str()}});
  }

  Pool& pool_;
};

}  // namespace

std::unique_ptr<FirmwareStore> NewPostgresFirmwareStore(Pool& pool) { return std::make_unique<PostgresFirmwareStore>(pool); }

}  // namespace egi::storage::write
