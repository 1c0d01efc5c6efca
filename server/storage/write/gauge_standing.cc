#include "server/storage/write/gauge_standing.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "egi/quality/v1/command.pb.h"
#include "server/gauge/check.h"
#include "server/storage/postgres/json.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/command_rows.h"
#include "server/storage/write/device_alerts.h"

namespace egi::storage::write {
namespace {

// $1 device, $2 calibration, $3 kind.
constexpr char kCharted[] =
    "SELECT check_id, " EGI_US("time") ", deviation_pct, passed, message FROM sqal_gauge_checks WHERE device_id = $1::text "
    "AND calibration_id = $2::integer AND kind = $3::text ORDER BY time DESC, check_id DESC LIMIT 500";

constexpr char kKnown[] = "SELECT state, reason FROM sqal_gauge_state WHERE device_id = $1::text";

// $1 device, $2 calibration, $3 state, $4 reason, $5 now.
constexpr char kKeep[] = R"sql(
  INSERT INTO sqal_gauge_state AS s (device_id, calibration_id, state, reason, since)
  VALUES ($1::text, $2::integer, $3::text, $4::text, $5::timestamptz)
  ON CONFLICT (device_id) DO UPDATE SET calibration_id = excluded.calibration_id, state = excluded.state, reason = excluded.reason,
    since = CASE WHEN s.state = excluded.state THEN s.since ELSE excluded.since END)sql";

std::string Context(const quality::v1::Calibration& calibration, const gauge::Standing& standing) {
  std::string json;
  JsonObject object(&json);
  object.Text("state", standing.state);
  object.Text("reason", standing.reason);
  object.Number("calibration_id", calibration.calibration_id());
  object.Finish();
  return json;
}

}  // namespace

std::vector<gauge::ChartedCheck> ReadCharted(pqxx::transaction_base& transaction, const std::string& device_id, int32_t calibration_id,
                                             const std::string& kind) {
  std::vector<gauge::ChartedCheck> checks;
  for (const pqxx::row& row : read::Run(transaction, kCharted, {device_id, std::to_string(calibration_id), kind})) {
    read::RowCursor cursor(row);
    gauge::ChartedCheck& check = checks.emplace_back();
    check.check_id = cursor.Int();
    check.time = cursor.Time();
    check.deviation_pct = cursor.Double();
    check.passed = cursor.Bool();
    check.message = cursor.Text();
  }
  std::reverse(checks.begin(), checks.end());
  return checks;
}

bool LockGaugeDevice(pqxx::transaction_base& transaction, const std::string& device_id) {
  // A lock of its own: the row of the device is updated by every sign of life.
  read::Run(transaction, "SELECT pg_advisory_xact_lock(hashtextextended('gauge:' || $1::text, 0))", {device_id});
  return !read::Run(transaction, "SELECT 1 FROM sqal_devices WHERE device_id = $1::text", {device_id}).empty();
}

absl::Status Reassess(pqxx::transaction_base& transaction, const quality::v1::Calibration& calibration, const gauge::GaugeRules& rules, absl::Time now,
                      std::vector<realtime::v1::Event>* events) {
  const std::string& device = calibration.device_id();
  gauge::Checks checks;
  for (const char* kind : {gauge::kWhiteReference, gauge::kGoldenSample}) {
    checks[kind] = ReadCharted(transaction, device, calibration.calibration_id(), kind);
  }
  const gauge::Standing standing = gauge::Decide(calibration, checks, rules, now);
  gauge::Standing before;  // a device that enrols was allowed
  if (const pqxx::result known = read::Run(transaction, kKnown, {device}); !known.empty()) {
    before = {known[0][0].as<std::string>(), known[0][1].as<std::string>()};
  }
  read::Run(transaction, kKeep, {device, std::to_string(calibration.calibration_id()), standing.state, standing.reason, SqlTime(now)});
  if (standing == before) return absl::OkStatus();
  quality::v1::DeviceCommand command;
  command.set_device_id(device);
  command.mutable_grading()->set_allowed(standing.allowed());
  command.mutable_grading()->set_reason(standing.reason);
  if (const auto queued = EnqueueCommand(transaction, command, "egi-server", now); !queued.ok()) return queued.status();
  std::optional<analyse::AlertCandidate> candidate;
  if (!standing.allowed()) {
    candidate.emplace();
    candidate->severity = analyse::Severity::kCritical;
    candidate->message = absl::StrCat("Station ", device, " is out of calibration: ", standing.reason);
    candidate->context_json = Context(calibration, standing);
  }
  if (auto event = SetDeviceAlert(transaction, device, "out_of_calibration", candidate, now)) events->push_back(*std::move(event));
  return absl::OkStatus();
}

}  // namespace egi::storage::write
