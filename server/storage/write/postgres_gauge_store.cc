#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "egi/quality/v1/command.pb.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/event_append.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"
#include "server/storage/write/command_rows.h"
#include "server/storage/write/gauge_row.h"
#include "server/storage/write/gauge_standing.h"
#include "server/storage/write/gauge_store.h"

namespace egi::storage::write {
namespace {

using quality::v1::Calibration;
using quality::v1::GaugeCheck;
using quality::v1::GaugeStatus;
using quality::v1::GaugeStudy;
using quality::v1::RecordGaugeCheckResponse;
using read::RowCursor;

// $1 device, $2 valid from, $3 valid until, $4 white reference, $5 offset, $6 who, $7 why, $8 now, $9 command or 0.
constexpr char kAddCalibration[] = R"sql(
  INSERT INTO sqal_calibrations (device_id, calibration_id, valid_from, valid_until, white_reference, distance_offset_mm, calibrated_by, reason,
    created_at, command_id)
  SELECT $1::text, coalesce(max(calibration_id), 0) + 1, $2::timestamptz, $3::timestamptz, $4::float8[], $5::float8, $6::text, $7::text, $8::timestamptz,
    nullif($9::integer, 0)
  FROM sqal_calibrations WHERE device_id = $1::text
  ON CONFLICT (command_id) DO NOTHING
  RETURNING calibration_id)sql";

// $1 device, $2 calibration, $3 kind, $4 time, $5 who, $6 reference, $7 readings, $8 figures, $9 deviation, $10 passed, $11 message, $12 raw (hex), $13 now,
// $14 command or 0.
constexpr char kAddCheck[] = R"sql(
  INSERT INTO sqal_gauge_checks (device_id, calibration_id, kind, time, performed_by, reference, readings, figures, deviation_pct, passed, message, raw,
    created_at, command_id)
  VALUES ($1::text, $2::integer, $3::text, $4::timestamptz, $5::text, $6::text, $7::integer, $8::jsonb, $9::float8, $10::boolean, $11::text,
    decode($12::text, 'hex'), $13::timestamptz, nullif($14::integer, 0))
  ON CONFLICT (command_id) DO NOTHING
  RETURNING check_id)sql";

constexpr char kNewestOfKinds[] = R"sql(
  FROM unnest(ARRAY['golden_sample', 'white_reference']) AS kinds (kind) CROSS JOIN LATERAL (
    SELECT * FROM sqal_gauge_checks x WHERE x.device_id = $1::text AND x.calibration_id = $2::integer AND x.kind = kinds.kind
    ORDER BY x.time DESC, x.check_id DESC LIMIT 1) k ORDER BY k.kind)sql";

// Devices whose standing is not what the clock says. $1 now.
constexpr char kDue[] = R"sql(
  SELECT s.device_id FROM sqal_gauge_state s JOIN sqal_calibrations c ON c.device_id = s.device_id AND c.calibration_id = s.calibration_id
  JOIN sqal_devices d ON d.device_id = s.device_id
  WHERE d.status <> 'retired'
    AND ((s.state <> 'expired' AND c.valid_until <= $1::timestamptz) OR (s.state = 'not_yet_valid' AND c.valid_from <= $1::timestamptz))
  ORDER BY s.device_id)sql";

constexpr char kEnrolled[] = "SELECT s.device_id, s.reason, s.calibration_id, " EGI_US("c.valid_from") ", " EGI_US("c.valid_until")
    " FROM sqal_gauge_state s JOIN sqal_calibrations c ON c.device_id = s.device_id AND c.calibration_id = s.calibration_id";

constexpr char kAddStudy[] = R"sql(
  INSERT INTO sqal_gauge_studies (name, characteristic, performed_by, created_at, grr_pct, ndc, verdict, result, measurements)
  VALUES ($1::text, $2::text, $3::text, $4::timestamptz, $5::float8, $6::integer, $7::text, $8::jsonb, $9::jsonb) RETURNING study_id)sql";

absl::Status AlreadyTaken(int32_t command_id) {
  return absl::AlreadyExistsError(absl::StrCat("the readings that answer command ", command_id, " were taken before"));
}

std::string Exact(double value) { return absl::StrFormat("%.17g", value); }

std::optional<Calibration> InForce(pqxx::transaction_base& transaction, const std::string& device_id) {
  const pqxx::result rows = read::Run(transaction, absl::StrCat("SELECT ", CalibrationColumns(), " FROM sqal_calibrations c WHERE c.device_id = $1::text "
                                                                "ORDER BY c.calibration_id DESC LIMIT 1"), {device_id});
  if (rows.empty()) return std::nullopt;
  RowCursor row(rows[0]);
  return ToCalibration(row);
}

GaugeStatus StatusOf(pqxx::transaction_base& transaction, const std::string& device_id) {
  GaugeStatus status;
  status.set_device_id(device_id);
  status.set_allowed(true);
  status.set_state("not_enrolled");
  const auto calibration = InForce(transaction, device_id);
  if (!calibration.has_value()) return status;
  status.set_enrolled(true);
  *status.mutable_calibration() = *calibration;
  const pqxx::result known =
      read::Run(transaction, "SELECT state, reason, " EGI_US("since") " FROM sqal_gauge_state WHERE device_id = $1::text", {device_id});
  RowCursor row(known[0]);
  status.set_state(row.Text());
  status.set_reason(row.Text());
  status.set_allowed(status.reason().empty());
  row.Set(&status, &GaugeStatus::mutable_since);
  for (const pqxx::row& check : read::Run(transaction, absl::StrCat("SELECT ", kCheckColumns, kNewestOfKinds),
                                          {device_id, std::to_string(calibration->calibration_id())})) {
    RowCursor cursor(check);
    *status.add_last_checks() = ToCheck(cursor);
  }
  return status;
}

class PostgresGaugeStore final : public GaugeStore {
 public:
  PostgresGaugeStore(Pool& pool, const gauge::GaugeRules& rules) : pool_(pool), rules_(rules) {}

  absl::StatusOr<GaugeDevice> ReadDevice(const std::string& device_id) override {
    GaugeDevice device;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      const pqxx::result rows = read::Run(transaction, "SELECT config_profile FROM sqal_devices WHERE device_id = $1::text", {device_id});
      if (rows.empty()) return DeviceNotFound(device_id);
      device.config_profile = RowCursor(rows[0]).Text();
      device.calibration = InForce(transaction, device_id);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return device;
  }

  absl::StatusOr<Calibration> AddCalibration(const Calibration& given, absl::Time now) override {
    Calibration calibration;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      calibration = given;
      if (!LockGaugeDevice(transaction, given.device_id())) return DeviceNotFound(given.device_id());
      const pqxx::result rows = read::Run(
          transaction, kAddCalibration,
          {given.device_id(), SqlTime(ToTime(given.valid_from())), SqlTime(ToTime(given.valid_until())), WhiteReferenceText(given.white_reference()),
           Exact(given.distance_offset_mm()), given.calibrated_by(), given.reason(), SqlTime(now),
           std::to_string(given.command_id())});
      if (rows.empty()) return AlreadyTaken(given.command_id());
      calibration.set_calibration_id(rows[0][0].as<int32_t>());
      ToTimestamp(now, calibration.mutable_created_at());
      quality::v1::DeviceCommand command;
      command.set_device_id(given.device_id());
      quality::v1::DeviceCalibration& pushed = *command.mutable_calibration();
      pushed.set_calibration_id(calibration.calibration_id());
      *pushed.mutable_valid_from() = given.valid_from();
      *pushed.mutable_valid_until() = given.valid_until();
      *pushed.mutable_white_reference() = given.white_reference();
      pushed.set_distance_offset_mm(given.distance_offset_mm());
      if (const auto queued = EnqueueCommand(transaction, command, given.calibrated_by(), now); !queued.ok()) return queued.status();
      std::vector<realtime::v1::Event> events;
      if (absl::Status failed = Reassess(transaction, calibration, rules_, now, &events); !failed.ok()) return failed;
      AppendEvents(transaction, "alert", events);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return calibration;
  }

  absl::StatusOr<std::vector<Calibration>> ListCalibrations(const GaugePage& page) override {
    read::Conditions where;
    where.Add("c.device_id = $::text", page.device_id);
    if (page.before_id > 0) where.Add("c.calibration_id < $::integer", std::to_string(page.before_id));
    const std::string limit = where.Bind(page.limit);
    return List<Calibration>(page, absl::StrCat("SELECT ", CalibrationColumns(), " FROM sqal_calibrations c", where.Sql(),
                                                " ORDER BY c.calibration_id DESC LIMIT ", limit, "::integer"),
                             where.params(), ToCalibration);
  }

  absl::StatusOr<RecordGaugeCheckResponse> AddCheck(const GaugeCheck& check, const std::string& raw, absl::Time now) override {
    RecordGaugeCheckResponse response;
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
      response.Clear();
      if (!LockGaugeDevice(transaction, check.device_id())) return DeviceNotFound(check.device_id());
      const auto calibration = InForce(transaction, check.device_id());
      if (!calibration.has_value() || calibration->calibration_id() != check.calibration_id()) {
        return absl::AbortedError("the station was calibrated while the check was judged; send the check again");
      }
      *response.mutable_check() = check;
      const pqxx::result rows = read::Run(
          transaction, kAddCheck,
          {check.device_id(), std::to_string(check.calibration_id()), check.kind(), SqlTime(ToTime(check.time())), check.performed_by(), check.reference(),
           std::to_string(check.readings()), FiguresJson(check), Exact(check.deviation_pct()), check.passed() ? "t" : "f", check.message(),
           absl::BytesToHexString(raw), SqlTime(now), std::to_string(check.command_id())});
      if (rows.empty()) return AlreadyTaken(check.command_id());
      response.mutable_check()->set_check_id(rows[0][0].as<int32_t>());
      std::vector<realtime::v1::Event> events;
      if (absl::Status failed = Reassess(transaction, *calibration, rules_, now, &events); !failed.ok()) return failed;
      *response.mutable_status() = StatusOf(transaction, check.device_id());
      AppendEvents(transaction, "alert", events);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<std::vector<GaugeCheck>> ListChecks(const GaugePage& page) override {
    read::Conditions where;
    where.Add("k.device_id = $::text", page.device_id);
    if (!page.kind.empty()) where.Add("k.kind = $::text", page.kind);
    if (page.before_id > 0) where.Add("k.check_id < $::integer", std::to_string(page.before_id));
    const std::string limit = where.Bind(page.limit);
    return List<GaugeCheck>(page, absl::StrCat("SELECT ", kCheckColumns, " FROM sqal_gauge_checks k", where.Sql(), " ORDER BY k.check_id DESC LIMIT ",
                                               limit, "::integer"),
                            where.params(), ToCheck);
  }

  absl::StatusOr<std::vector<gauge::ChartedCheck>> ReadChart(const std::string& device_id, int32_t calibration_id, const std::string& kind) override {
    std::vector<gauge::ChartedCheck> checks;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      checks = ReadCharted(transaction, device_id, calibration_id, kind);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return checks;
  }

  absl::StatusOr<GaugeStatus> ReadStatus(const std::string& device_id) override {
    GaugeStatus answer;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      if (read::Run(transaction, "SELECT 1 FROM sqal_devices WHERE device_id = $1::text", {device_id}).empty()) return DeviceNotFound(device_id);
      answer = StatusOf(transaction, device_id);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return answer;
  }

  absl::StatusOr<std::vector<GaugeStatus>> ListStatuses(bool only_refused) override {
    std::vector<GaugeStatus> statuses;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      statuses.clear();
      for (const pqxx::row& row : read::Run(transaction, "SELECT device_id FROM sqal_gauge_state WHERE NOT $1::boolean OR reason <> '' ORDER BY 1",
                                            {only_refused ? "t" : "f"})) {
        statuses.push_back(StatusOf(transaction, row[0].as<std::string>()));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return statuses;
  }

  absl::StatusOr<gauge::EnrolledDevices> Refresh(absl::Time now) override {
    auto due = read::ReadRows<std::string>(pool_, kDue, {SqlTime(now)}, [](RowCursor row) { return row.Text(); });
    if (!due.ok()) return due.status();
    for (const std::string& device_id : *due) {
      const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) -> absl::Status {
        std::vector<realtime::v1::Event> events;
        LockGaugeDevice(transaction, device_id);
        const auto calibration = InForce(transaction, device_id);
        if (!calibration.has_value()) return absl::OkStatus();
        if (absl::Status failed = Reassess(transaction, *calibration, rules_, now, &events); !failed.ok()) return failed;
        AppendEvents(transaction, "alert", events);
        return absl::OkStatus();
      });
      if (!status.ok()) return status;
    }
    gauge::EnrolledDevices devices;
    auto rows = read::ReadRows<std::pair<std::string, gauge::Enrolled>>(pool_, kEnrolled, {}, [](RowCursor row) {
      std::pair<std::string, gauge::Enrolled> device;
      device.first = row.Text();
      device.second.reason = row.Text();
      device.second.calibration_id = row.Int();
      device.second.valid_from = row.Time();
      device.second.valid_until = row.Time();
      return device;
    });
    if (!rows.ok()) return rows.status();
    return gauge::EnrolledDevices(rows->begin(), rows->end());
  }

  absl::StatusOr<GaugeStudy> AddStudy(const GaugeStudy& given, absl::Time now) override {
    GaugeStudy study = given;
    ToTimestamp(now, study.mutable_created_at());
    const absl::Status status = pool_.Write([&](pqxx::transaction_base& transaction) {
      const pqxx::result rows = read::Run(transaction, kAddStudy,
                                          {study.name(), study.characteristic(), study.performed_by(), SqlTime(now), Exact(study.grr_pct()),
                                           std::to_string(study.ndc()), study.verdict(), StudyJson(study), MeasurementsJson(study)});
      study.set_study_id(rows[0][0].as<int32_t>());
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return study;
  }

  absl::StatusOr<std::vector<GaugeStudy>> ListStudies(const GaugePage& page) override {
    return read::ReadRows<GaugeStudy>(pool_,
                                      "SELECT study_id, result FROM sqal_gauge_studies WHERE $1::integer = 0 OR study_id < $1::integer "
                                      "ORDER BY study_id DESC LIMIT $2::integer",
                                      {std::to_string(page.before_id), std::to_string(page.limit)}, [](RowCursor row) {
                                        const int32_t study_id = row.Int();
                                        return ToStudy(row.Text(), "", study_id);
                                      });
  }

  absl::StatusOr<GaugeStudy> ReadStudy(int32_t study_id) override {
    auto rows = read::ReadRows<GaugeStudy>(pool_, "SELECT result, measurements FROM sqal_gauge_studies WHERE study_id = $1::integer",
                                           {std::to_string(study_id)}, [study_id](RowCursor row) {
                                             const std::string result = row.Text();
                                             return ToStudy(result, row.Text(), study_id);
                                           });
    if (!rows.ok()) return rows.status();
    if (rows->empty()) {
      return WithErrorInfo(absl::NotFoundError(absl::StrCat("study ", study_id, " does not exist; GET /api/sqal/gauge/studies (ListGaugeStudies) names those that do")),
                           "STUDY_NOT_FOUND", {{"study_id", std::to_string(study_id)}});
    }
    return rows->front();
  }

 private:
  // A page of the rows of an existing device.
  template <typename T>
  absl::StatusOr<std::vector<T>> List(const GaugePage& page, const std::string& sql, const std::vector<std::string>& params,
                                      T (*convert)(RowCursor&)) {
    std::vector<T> values;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) -> absl::Status {
      values.clear();
      if (read::Run(transaction, "SELECT 1 FROM sqal_devices WHERE device_id = $1::text", {page.device_id}).empty()) {
        return DeviceNotFound(page.device_id);
      }
      for (const pqxx::row& row : read::Run(transaction, sql, params)) {
        RowCursor cursor(row);
        values.push_back(convert(cursor));
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return values;
  }

  Pool& pool_;
  const gauge::GaugeRules rules_;
};

}  // namespace

std::unique_ptr<GaugeStore> NewPostgresGaugeStore(Pool& pool, const gauge::GaugeRules& rules) {
  return std::make_unique<PostgresGaugeStore>(pool, rules);
}

}  // namespace egi::storage::write
