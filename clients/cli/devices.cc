#include "clients/cli/devices.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"

namespace egi::cli {
namespace {

namespace qv1 = egi::quality::v1;

constexpr absl::Duration kTimeout = absl::Seconds(10);

std::string Time(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixSeconds(time.seconds()), absl::UTCTimeZone());
}

std::string Presence(const qv1::Device& device) {
  return device.presence().empty() ? "never seen" : absl::StrCat(device.presence(), " since ", Time(device.presence_since()));
}

// The fields of a configuration that are set, "name=value" each.
std::string Text(const qv1::DeviceConfiguration& configuration) {
  std::string text = absl::StrCat("revision ", configuration.revision());
  if (configuration.has_config_profile()) absl::StrAppend(&text, ", profile ", configuration.config_profile());
  if (configuration.has_measurement_interval_ms()) absl::StrAppend(&text, ", every ", configuration.measurement_interval_ms(), " ms");
  if (configuration.has_heartbeat_interval_s()) absl::StrAppend(&text, ", heartbeat ", configuration.heartbeat_interval_s(), " s");
  if (configuration.has_frames_averaged()) absl::StrAppend(&text, ", ", configuration.frames_averaged(), " frames");
  if (configuration.has_spectral_integration_time_ms()) {
    absl::StrAppend(&text, ", integration ", configuration.spectral_integration_time_ms(), " ms");
  }
  if (configuration.has_spectral_gain()) absl::StrAppend(&text, ", gain ", configuration.spectral_gain());
  return text;
}

void Print(const Session& session, const qv1::DeviceCommandRecord& record) {
  if (session.json) {
    session.out << ToJsonLine(record) << "\n";
    return;
  }
  session.out << absl::StrFormat("#%d  %s  %-13s %-11s by %s%s%s\n", record.command().command_id(), Time(record.created_at()), record.kind(),
                                 record.state(), record.created_by(),
                                 record.command().has_configuration() ? absl::StrCat(": ", Text(record.command().configuration())) : "",
                                 record.message().empty() ? "" : absl::StrCat(" (", record.message(), ")"));
}

}  // namespace

int RunDevicesList(const Session& session, const std::string& site) {
  client::Client client(session.server, kTimeout);
  qv1::ListDevicesRequest request;
  request.set_site_code(site);
  const auto devices = client.ListDevices(request);
  if (!devices.ok()) return Fail(session, "devices list", devices.status());
  for (const auto& device : devices->devices()) {
    if (session.json) {
      session.out << ToJsonLine(device) << "\n";
      continue;
    }
    session.out << absl::StrFormat("%-28s %-2s %-11s %-38s firmware %s, %d waiting, %d NACKs%s\n", device.device_id(), device.site_code(),
                                   device.status(), Presence(device), device.firmware_version().empty() ? "-" : device.firmware_version(),
                                   device.buffer_size(), device.nack_count(),
                                   device.refuses_to_grade().empty() ? "" : absl::StrCat(", refuses to grade: ", device.refuses_to_grade()));
  }
  if (devices->devices().empty() && !session.json) session.err << "no devices\n";
  return kOk;
}

int RunDevicesShow(const Session& session, const std::string& device_id) {
  client::Client client(session.server, kTimeout);
  qv1::GetDeviceRequest request;
  request.set_device_id(device_id);
  const auto answer = client.GetDevice(request);
  if (!answer.ok()) return Fail(session, "devices show", answer.status());
  if (session.json) {
    session.out << ToJsonLine(*answer) << "\n";
    return kOk;
  }
  const qv1::Device& device = answer->device();
  session.out << absl::StrFormat("%s  %s\n", device.device_id(), device.device_name());
  session.out << absl::StrFormat("status         %s, %s\n", device.status(), Presence(device));
  session.out << absl::StrFormat("place          %s %s\n", device.site_code(), device.location());
  session.out << absl::StrFormat("profile        %s\n", device.config_profile());
  session.out << absl::StrFormat("firmware       %s, up %d s, %d boots\n", device.firmware_version(), device.uptime_s(), device.boot_count());
  session.out << absl::StrFormat("measurements   %d sent, %d waiting, %d lost\n", device.measurements_sent(), device.buffer_size(),
                                 device.measurements_dropped());
  session.out << absl::StrFormat("sensors        %d NACKs, %d acquisitions failed\n", device.nack_count(), device.acquisition_failures());
  session.out << absl::StrFormat("grading        %s\n",
                                 device.refuses_to_grade().empty() ? "yes" : absl::StrCat("refused: ", device.refuses_to_grade()));
  session.out << absl::StrFormat("calibration    %d\n", device.calibration_id());
  session.out << absl::StrFormat("configuration  revision %d in force", device.configuration_revision());
  if (answer->has_desired_configuration()) session.out << "; wanted: " << Text(answer->desired_configuration());
  if (answer->has_configuration_command()) session.out << " (" << answer->configuration_command().state() << ")";
  session.out << absl::StrFormat("\ncommands       %d open\n", device.open_commands());
  return kOk;
}

int RunDevicesApprove(const Session& session, const ApproveOptions& options) {
  client::Client client(session.server, kTimeout);
  qv1::ApproveDeviceRequest request;
  request.set_device_id(options.device_id);
  request.set_approved_by(options.by);
  request.set_reason(options.reason);
  const auto answer = client.ApproveDevice(request);
  if (!answer.ok()) return Fail(session, "devices approve", answer.status());
  if (session.json) {
    session.out << ToJsonLine(answer->device()) << "\n";
  } else {
    session.out << absl::StrFormat("%s is %s\n", answer->device().device_id(), answer->device().status());
  }
  return kOk;
}

int RunDevicesConfigure(const Session& session, const ConfigureOptions& options) {
  client::Client client(session.server, kTimeout);
  qv1::ConfigureDeviceRequest request;
  request.set_device_id(options.device_id);
  request.set_configured_by(options.by);
  *request.mutable_configuration() = options.configuration;
  const auto answer = client.ConfigureDevice(request);
  if (!answer.ok()) return Fail(session, "devices configure", answer.status());
  Print(session, answer->command());
  return kOk;
}

int RunDevicesCommands(const Session& session, const std::string& device_id, int limit) {
  client::Client client(session.server, kTimeout);
  qv1::ListDeviceCommandsRequest request;
  request.set_device_id(device_id);
  request.set_limit(limit);
  const auto answer = client.ListDeviceCommands(request);
  if (!answer.ok()) return Fail(session, "devices commands", answer.status());
  for (const auto& record : answer->commands()) Print(session, record);
  if (answer->commands().empty() && !session.json) session.err << "no commands\n";
  return kOk;
}

}  // namespace egi::cli
