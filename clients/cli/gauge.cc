#include "clients/cli/gauge.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "clients/cli/unary.h"
#include "egi/quality/v1/device.grpc.pb.h"
#include "egi/quality/v1/gauge.grpc.pb.h"
#include "google/protobuf/util/json_util.h"

namespace egi::cli {
namespace {

namespace qv1 = egi::quality::v1;
using Stub = qv1::GaugeService::Stub;

constexpr absl::Duration kPoll = absl::Milliseconds(250);
constexpr int kChartHalf = 20;  // characters on each side of the centre line

std::unique_ptr<Stub> StubOf(const Session& session) { return qv1::GaugeService::NewStub(client::MakeChannel(session.server)); }

std::string Time(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
}

// Reads a JSON file into a request.
absl::Status ReadRequest(const Session& session, const std::string& path, google::protobuf::Message* request) {
  std::string content;
  if (absl::Status failed = ReadInput(session, path, &content); !failed.ok()) return failed;
  const auto parsed = google::protobuf::util::JsonStringToMessage(content, request);
  if (parsed.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", std::string(parsed.message()), "; docs/egictl.md shows the form"));
}

absl::Status SetTime(const std::string& text, google::protobuf::Timestamp* time) {
  absl::Time parsed;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &parsed, &error) && !absl::ParseTime("%Y-%m-%d", text, &parsed, &error)) {
    return absl::InvalidArgumentError(absl::StrCat("--valid-until ", text, ": expected 2026-02-03 or 2026-02-03T09:00:00Z"));
  }
  time->set_seconds(absl::ToUnixSeconds(parsed));
  return absl::OkStatus();
}

void PrintStatus(const Session& session, const qv1::GaugeStatus& status) {
  session.out << absl::StrFormat("%-20s %-14s %s\n", status.device_id(), status.state(),
                                 status.allowed() ? (status.enrolled() ? "may grade" : "not under gauge control") : "must not grade: " + status.reason());
  if (!status.enrolled()) return;
  session.out << absl::StrFormat("  calibration %d until %s by %s\n", status.calibration().calibration_id(), Time(status.calibration().valid_until()),
                                 status.calibration().calibrated_by());
  for (const auto& check : status.last_checks()) {
    session.out << absl::StrFormat("  %-15s %s  %s  %+.2f %%  check %d of %s\n", check.kind(), Time(check.time()), check.passed() ? "passed" : "FAILED",
                                   check.deviation_pct(), check.check_id(), check.reference());
  }
}

int PrintCheck(const Session& session, const qv1::RecordGaugeCheckResponse& response) {
  const auto& check = response.check();
  if (session.json) {
    session.out << ToJsonLine(response) << "\n";
  } else {
    session.out << absl::StrFormat("check %d %s, %+.2f %% from the reference\n", check.check_id(), check.passed() ? "passed" : "FAILED: " + check.message(),
                                   check.deviation_pct());
    for (const auto& figure : check.figures()) {
      session.out << absl::StrFormat("  %-10s %12.2f of %12.2f  %+6.2f %% (%.3g)  scatter %5.2f %% (%.3g)%s\n", figure.name(), figure.mean(),
                                     figure.reference(), figure.deviation_pct(), figure.tolerance_pct(), figure.repeatability_pct(),
                                     figure.repeatability_limit_pct(), figure.passed() ? "" : "  <-");
    }
    PrintStatus(session, response.status());
  }
  return check.passed() ? kOk : kFailed;
}

// The command when it has its final answer; absent when the station is silent for `timeout`. Errors: those of the call.
absl::StatusOr<std::optional<qv1::DeviceCommandRecord>> AwaitAnswer(const Session& session, const std::string& device, int32_t command_id, absl::Duration timeout) {
  using DeviceStub = qv1::DeviceService::Stub;
  const auto stub = qv1::DeviceService::NewStub(client::MakeChannel(session.server));
  qv1::ListDeviceCommandsRequest request;
  request.set_device_id(device);
  for (const absl::Time deadline = absl::Now() + timeout;;) {
    const auto commands = Call(*stub, &DeviceStub::ListDeviceCommands, request);
    if (!commands.ok()) return commands.status();
    for (const auto& record : commands->commands()) {
      if (record.command().command_id() == command_id && record.state() != "open" && record.state() != "in_progress") return record;
    }
    if (absl::Now() >= deadline) return std::nullopt;
    absl::SleepFor(kPoll);
  }
}

// A line of the chart: limits as |, average as *, the line through 0 as :.
std::string ChartLine(const qv1::GaugeDriftPoint& point, double scale) {
  std::string line(2 * kChartHalf + 1, ' ');
  const auto place = [scale](double value) { return std::clamp(static_cast<int>(std::lround(kChartHalf * (1 + value / scale))), 0, 2 * kChartHalf); };
  line[place(0)] = ':';
  line[place(point.lower_limit_pct())] = '|';
  line[place(point.upper_limit_pct())] = '|';
  line[place(point.ewma_pct())] = point.violation() ? '#' : '*';
  return line;
}

// Part, appraiser and value of each line.
absl::Status ReadMeasurements(const std::string& path, const std::string& content, qv1::CreateGaugeStudyRequest* request) {
  int number = 0;
  for (const auto& raw : absl::StrSplit(content, '\n')) {
    const std::string line(absl::StripAsciiWhitespace(raw));
    if (++number == 1 || line.empty()) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, absl::ByAnyChar(",;\t"));
    double value = 0;
    if (cells.size() != 3 || !absl::SimpleAtod(absl::StripAsciiWhitespace(cells[2]), &value)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ", line ", number, ": expected part,appraiser,value"));
    }
    auto* measurement = request->add_measurements();
    measurement->set_part(std::string(absl::StripAsciiWhitespace(cells[0])));
    measurement->set_appraiser(std::string(absl::StripAsciiWhitespace(cells[1])));
    measurement->set_value(value);
  }
  return absl::OkStatus();
}

}  // namespace

int RunGaugeCalibrate(const Session& session, const GaugeCalibrateOptions& options) {
  qv1::CreateCalibrationRequest request;
  if (absl::Status bad = ReadRequest(session, options.file, &request); !bad.ok()) return Fail(session, "gauge calibrate", bad);
  request.set_device_id(options.device);
  if (!options.by.empty()) request.set_calibrated_by(options.by);
  if (!options.reason.empty()) request.set_reason(options.reason);
  if (!options.valid_until.empty()) {
    if (absl::Status bad = SetTime(options.valid_until, request.mutable_valid_until()); !bad.ok()) return Fail(session, "gauge calibrate", bad);
  }
  const auto calibration = Call(*StubOf(session), &Stub::CreateCalibration, request);
  if (!calibration.ok()) return Fail(session, "gauge calibrate", calibration.status());
  if (session.json) {
    session.out << ToJsonLine(*calibration) << "\n";
  } else {
    session.out << absl::StrFormat("%s: calibration %d, valid until %s; sent to the station\n", calibration->device_id(), calibration->calibration_id(),
                                   Time(calibration->valid_until()));
  }
  return kOk;
}

int RunGaugeCheck(const Session& session, const GaugeCheckOptions& options) {
  qv1::RecordGaugeCheckRequest request;
  if (absl::Status bad = ReadRequest(session, options.file, &request); !bad.ok()) return Fail(session, "gauge check", bad);
  request.set_device_id(options.device);
  if (!options.by.empty()) request.set_performed_by(options.by);
  const auto response = Call(*StubOf(session), &Stub::RecordGaugeCheck, request);
  if (!response.ok()) return Fail(session, "gauge check", response.status());
  return PrintCheck(session, *response);
}

int RunGaugeMeasure(const Session& session, const GaugeMeasureOptions& options) {
  qv1::MeasureReferenceRequest request;
  request.set_device_id(options.device);
  request.set_kind(options.kind);
  request.set_reference(options.reference);
  request.set_requested_by(options.by);
  request.set_readings(options.readings);
  request.set_reference_volume_mm3(options.volume_mm3);
  request.set_calibrate(options.calibrate);
  if (options.distance_offset_mm.has_value()) request.set_distance_offset_mm(*options.distance_offset_mm);
  const auto stub = StubOf(session);
  const auto asked = Call(*stub, &Stub::MeasureReference, request);
  if (!asked.ok()) return Fail(session, "gauge measure", asked.status());
  const int32_t command_id = asked->command().command().command_id();
  const auto awaited = AwaitAnswer(session, options.device, command_id, absl::Seconds(options.timeout_s));
  if (!awaited.ok()) return Fail(session, "gauge measure", awaited.status());
  if (!awaited->has_value()) {
    session.err << "egictl: gauge measure: " << options.device << " has not answered command " << command_id << " within " << options.timeout_s
                << "s; it stays in force: `egictl devices show " << options.device << "` tells whether the station is online, `egictl devices commands "
                << options.device << "` what became of it\n";
    return kUnreachable;
  }
  const auto& answered = *awaited;
  if (answered->state() != "applied") {
    return Fail(session, "gauge measure", absl::FailedPreconditionError(absl::StrCat("command ", command_id, " was ", answered->state(),
                                                                                     answered->message().empty() ? "" : ": ", answered->message())));
  }
  if (options.calibrate) {
    if (session.json) {
      session.out << ToJsonLine(*answered) << "\n";
    } else {
      session.out << options.device << ": " << answered->message() << "\n";
    }
    return kOk;
  }
  qv1::ListGaugeChecksRequest list;
  list.set_device_id(options.device);
  const auto checks = Call(*stub, &Stub::ListGaugeChecks, list);
  if (!checks.ok()) return Fail(session, "gauge measure", checks.status());
  qv1::GetGaugeStatusRequest status_request;
  status_request.set_device_id(options.device);
  const auto status = Call(*stub, &Stub::GetGaugeStatus, status_request);
  if (!status.ok()) return Fail(session, "gauge measure", status.status());
  const auto check = std::find_if(checks->checks().begin(), checks->checks().end(),
                                  [command_id](const qv1::GaugeCheck& each) { return each.command_id() == command_id; });
  if (check == checks->checks().end()) {
    return Fail(session, "gauge measure", absl::NotFoundError(absl::StrCat("command ", command_id, " left no check: ", answered->message())));
  }
  qv1::RecordGaugeCheckResponse response;
  *response.mutable_check() = *check;
  *response.mutable_status() = *status;
  return PrintCheck(session, response);
}

int RunGaugeStatus(const Session& session, const GaugeStatusOptions& options) {
  const auto stub = StubOf(session);
  std::vector<qv1::GaugeStatus> statuses;
  if (options.device.empty()) {
    const auto response = Call(*stub, &Stub::ListGaugeStatuses, qv1::ListGaugeStatusesRequest());
    if (!response.ok()) return Fail(session, "gauge status", response.status());
    statuses.assign(response->statuses().begin(), response->statuses().end());
  } else {
    qv1::GetGaugeStatusRequest request;
    request.set_device_id(options.device);
    const auto response = Call(*stub, &Stub::GetGaugeStatus, request);
    if (!response.ok()) return Fail(session, "gauge status", response.status());
    statuses.push_back(*response);
  }
  bool all_may = true;
  for (const auto& status : statuses) {
    all_may = all_may && status.allowed();
    if (session.json) {
      session.out << ToJsonLine(status) << "\n";
    } else {
      PrintStatus(session, status);
    }
  }
  if (statuses.empty()) session.err << "no device is enrolled; `egictl gauge calibrate` enrols one\n";
  return all_may ? kOk : kFailed;
}

int RunGaugeDrift(const Session& session, const GaugeDriftOptions& options) {
  qv1::GetGaugeDriftRequest request;
  request.set_device_id(options.device);
  request.set_kind(options.kind);
  const auto drift = Call(*StubOf(session), &Stub::GetGaugeDrift, request);
  if (!drift.ok()) return Fail(session, "gauge drift", drift.status());
  if (session.json) {
    session.out << ToJsonLine(*drift) << "\n";
    return kOk;
  }
  session.out << absl::StrFormat("%s, %s since calibration %d: EWMA, lambda %.2g, limits %.3g sigma, sigma %.3g %%\n", drift->device_id(), drift->kind(),
                                 drift->calibration_id(), drift->lambda(), drift->width(), drift->sigma_pct());
  double scale = 0.1;
  for (const auto& point : drift->points()) scale = std::max({scale, point.upper_limit_pct() * 1.2, std::abs(point.ewma_pct()) * 1.2});
  for (const auto& point : drift->points()) {
    session.out << absl::StrFormat("%s  %+7.2f  %+7.2f  %s\n", Time(point.time()), point.deviation_pct(), point.ewma_pct(), ChartLine(point, scale));
  }
  session.out << (drift->points_size() == 0 ? "no checks yet\n" : drift->drifting() ? "out of its limits: calibrate the station\n" : "within its limits\n");
  return kOk;
}

int RunGaugeStudy(const Session& session, const GaugeStudyOptions& options) {
  std::string content;
  qv1::CreateGaugeStudyRequest request;
  absl::Status bad = ReadInput(session, options.file, &content);
  if (bad.ok()) bad = ReadMeasurements(options.file, content, &request);
  if (!bad.ok()) return Fail(session, "gauge study", bad);
  request.set_name(options.name);
  request.set_characteristic(options.characteristic);
  request.set_unit(options.unit);
  request.set_performed_by(options.by);
  if (options.tolerance > 0) request.set_tolerance(options.tolerance);
  const auto study = Call(*StubOf(session), &Stub::CreateGaugeStudy, request);
  if (!study.ok()) return Fail(session, "gauge study", study.status());
  if (session.json) {
    session.out << ToJsonLine(*study) << "\n";
  } else {
    session.out << absl::StrFormat("study %d: %d parts, %d appraisers, %d repeats\n", study->study_id(), study->parts(), study->appraisers(),
                                   study->repeats());
    session.out << "  source               std dev    variance %  study variation %\n";
    for (const auto& component : study->components()) {
      session.out << absl::StrFormat("  %-18s %10.5g  %10.1f  %10.1f\n", component.source(), component.std_dev(), component.contribution_pct(),
                                     component.study_variation_pct());
    }
    session.out << study->verdict() << ": " << study->message() << "\n";
  }
  return study->verdict() == "unacceptable" ? kFailed : kOk;
}

}  // namespace egi::cli
