#include "server/api/quality/device_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/pages.h"

namespace egi::api {
namespace {

using storage::read::QualityReader;
using storage::write::Actor;
using storage::write::DeviceStore;
using storage::write::DeviceUpdate;
using storage::write::HistoryQuery;

absl::Status ListDevices(QualityReader& reader, const quality::v1::ListDevicesRequest& request,
                         quality::v1::ListDevicesResponse* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = AnswerAll(reader.ListDevices(request.site_code()), response->mutable_devices()); !failed.ok()) return failed;
  response->set_total(response->devices_size());
  return absl::OkStatus();
}

absl::Status GetDevice(QualityReader& reader, DeviceStore& store, absl::Time now, const quality::v1::GetDeviceRequest& request,
                       quality::v1::GetDeviceResponse* response) {
  Fields fields;
  fields.Text("device_id", request.device_id(), 1, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = Answer(reader.ReadDevice(request.device_id(), now), response); !failed.ok()) return failed;
  auto configuration = store.ReadConfiguration(request.device_id());
  if (!configuration.ok()) return configuration.status();
  if (configuration->desired.has_value()) *response->mutable_desired_configuration() = *std::move(configuration->desired);
  if (configuration->newest.has_value()) *response->mutable_configuration_command() = *std::move(configuration->newest);
  return absl::OkStatus();
}

absl::Status ReportHeartbeat(DeviceStore& store, const OnHeartbeat& on_heartbeat, absl::Time now,
                             const quality::v1::ReportHeartbeatRequest& request, quality::v1::ReportHeartbeatResponse* response) {
  const quality::v1::DeviceHeartbeat& heartbeat = request.heartbeat();
  Fields fields;
  fields.Text("heartbeat.device_id", heartbeat.device_id(), 1, 100);
  fields.Text("heartbeat.firmware_version", heartbeat.firmware_version(), 0, 50);
  fields.Text("heartbeat.location", heartbeat.location(), 0, 100);
  fields.Text("heartbeat.refuses_to_grade", heartbeat.refuses_to_grade(), 0, 200);
  fields.Check(heartbeat.uptime_s() >= 0, "heartbeat.uptime_s", "must be >= 0 s");
  const auto counter = [&](const char* name, int32_t value) { fields.Check(value >= 0, absl::StrCat("heartbeat.", name), "must be >= 0"); };
  counter("measurements_sent", heartbeat.measurements_sent());
  counter("buffer_size", heartbeat.buffer_size());
  counter("nack_count", heartbeat.nack_count());
  counter("acquisition_failures", heartbeat.acquisition_failures());
  counter("measurements_dropped", heartbeat.measurements_dropped());
  counter("boot_count", heartbeat.boot_count());
  counter("configuration_revision", heartbeat.configuration_revision());
  counter("calibration_id", heartbeat.calibration_id());
  if (heartbeat.has_device_time()) fields.Time("heartbeat.device_time", heartbeat.device_time());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto recorded = store.RecordHeartbeat(heartbeat, now);
  if (!recorded.ok()) return recorded.status();
  *response->mutable_device() = std::move(recorded->device);
  on_heartbeat(heartbeat, recorded->steps, now);
  return absl::OkStatus();
}

void CheckActor(const std::string& field, const Actor& actor, Fields& fields) {
  fields.Text(field, actor.by, 1, 200);
  fields.Text("reason", actor.reason, 0, 500);
}

absl::Status UpdateDevice(DeviceStore& store, absl::Time now, const quality::v1::UpdateDeviceRequest& request,
                          quality::v1::UpdateDeviceResponse* response) {
  Fields fields;
  fields.Text("device_id", request.device_id(), 1, 100);
  const Actor actor{request.updated_by(), request.reason()};
  CheckActor("updated_by", actor, fields);
  DeviceUpdate update;
  const auto take = [&](const char* field, bool given, const std::string& value, size_t min, size_t max, std::optional<std::string>* into) {
    if (!given) return;
    fields.Text(field, value, min, max);
    *into = value;
  };
  take("device_name", request.has_device_name(), request.device_name(), 1, 200, &update.device_name);
  take("location", request.has_location(), request.location(), 0, 100, &update.location);
  take("config_profile", request.has_config_profile(), request.config_profile(), 1, 50, &update.config_profile);
  if (request.has_site_code()) {
    const std::string& site = request.site_code();
    fields.Check(site == "LL" || site == "LS" || site == "MT", "site_code", "must be LL, LS or MT");
    update.site_code = site;
  }
  fields.Check(update.device_name || update.site_code || update.location || update.config_profile, "device_name",
               "nothing to change: give device_name, site_code, location or config_profile");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(store.Update(request.device_id(), update, actor, now), response->mutable_device());
}

// ApproveDevice and RetireDevice.
absl::Status SetStatus(DeviceStore& store, absl::Time now, const std::string& device_id, const std::string& status,
                       const std::string& by_field, const Actor& actor, quality::v1::Device* device) {
  Fields fields;
  fields.Text("device_id", device_id, 1, 100);
  CheckActor(by_field, actor, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(store.SetStatus(device_id, status, actor, now), device);
}

// The ranges of command.proto.
void CheckConfiguration(const quality::v1::DeviceConfiguration& configuration, Fields& fields) {
  bool any = configuration.has_config_profile() || configuration.has_spectral_gain();
  const auto range = [&](const char* field, bool given, int32_t value, int32_t min, int32_t max, const char* unit) {
    any = any || given;
    fields.Check(!given || (value >= min && value <= max), absl::StrCat("configuration.", field),
                 absl::StrCat("is ", value, ", must be ", min, " to ", max, unit));
  };
  fields.Check(configuration.revision() == 0, "configuration.revision", "is given by the server; leave it out");
  if (configuration.has_config_profile()) fields.Text("configuration.config_profile", configuration.config_profile(), 1, 50);
  range("measurement_interval_ms", configuration.has_measurement_interval_ms(), configuration.measurement_interval_ms(), 100, 3'600'000,
        " ms");
  range("heartbeat_interval_s", configuration.has_heartbeat_interval_s(), configuration.heartbeat_interval_s(), 5, 3600, " s");
  range("frames_averaged", configuration.has_frames_averaged(), configuration.frames_averaged(), 1, 256, "");
  range("spectral_integration_time_ms", configuration.has_spectral_integration_time_ms(), configuration.spectral_integration_time_ms(), 50,
        500, " ms");
  const float gain = configuration.spectral_gain();
  fields.Check(!configuration.has_spectral_gain() || gain == 1 || gain == 4 || gain == 16 || gain == 64, "configuration.spectral_gain",
               "must be 1, 4, 16 or 64");
  fields.Check(any, "configuration", "nothing to change: give at least one field");
}

absl::Status ConfigureDevice(DeviceStore& store, absl::Time now, const quality::v1::ConfigureDeviceRequest& request,
                             quality::v1::ConfigureDeviceResponse* response) {
  Fields fields;
  fields.Text("device_id", request.device_id(), 1, 100);
  const Actor actor{request.configured_by(), ""};
  CheckActor("configured_by", actor, fields);
  CheckConfiguration(request.configuration(), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(store.Configure(request.device_id(), request.configuration(), actor, now), response->mutable_command());
}

// One page of a history of a device. `list(query)` answers a History, `add()` the next message of the response.
template <typename Request, typename Response, typename List, typename Add>
absl::Status ListHistory(const Request& request, Response* response, List list, Add add) {
  Fields fields;
  fields.Text("device_id", request.device_id(), 1, 100);
  return AnswerPage(
      request, fields,
      [&](std::optional<int64_t> before, int limit) { return list(HistoryQuery{request.device_id(), before, limit}); },
      [](const auto& row) { return row.place; }, [&](auto row) { *add() = std::move(row.message); },
      response->mutable_next_page_token());
}

absl::StatusOr<storage::write::History<quality::v1::DeviceCommandRecord>> ListCommands(storage::write::CommandStore& store,
                                                                                       const HistoryQuery& query) {
  storage::write::CommandQuery command_query;
  command_query.device_id = query.device_id;
  if (query.before.has_value()) command_query.before_id = static_cast<int32_t>(std::clamp<int64_t>(*query.before, 1, INT32_MAX));
  command_query.limit = query.limit;
  auto records = store.List(command_query);
  if (!records.ok()) return records.status();
  storage::write::History<quality::v1::DeviceCommandRecord> rows;
  for (auto& record : *records) {
    const int64_t id = record.command().command_id();
    rows.push_back({id, std::move(record)});
  }
  return rows;
}

}  // namespace

grpc::ServerUnaryReactor* DeviceService::ListDevices(grpc::CallbackServerContext* context,
                                                     const quality::v1::ListDevicesRequest* request,
                                                     quality::v1::ListDevicesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListDevices(quality_, *request, response); });
}

grpc::ServerUnaryReactor* DeviceService::GetDevice(grpc::CallbackServerContext* context,
                                                   const quality::v1::GetDeviceRequest* request,
                                                   quality::v1::GetDeviceResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetDevice(quality_, store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* DeviceService::ReportHeartbeat(grpc::CallbackServerContext* context,
                                                         const quality::v1::ReportHeartbeatRequest* request,
                                                         quality::v1::ReportHeartbeatResponse* response) {
  return calls_.Run(context, [=, this] { return api::ReportHeartbeat(store_, on_heartbeat_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* DeviceService::UpdateDevice(grpc::CallbackServerContext* context, const quality::v1::UpdateDeviceRequest* request,
    quality::v1::UpdateDeviceResponse* response) {
  return calls_.Run(context, [=, this] { return api::UpdateDevice(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* DeviceService::ApproveDevice(grpc::CallbackServerContext* context,
                                                       const quality::v1::ApproveDeviceRequest* request,
                                                       quality::v1::ApproveDeviceResponse* response) {
  return calls_.Run(context, [=, this] {
    return SetStatus(store_, clock_.Now(), request->device_id(), "active", "approved_by", {request->approved_by(), request->reason()},
                     response->mutable_device());
  });
}

grpc::ServerUnaryReactor* DeviceService::RetireDevice(grpc::CallbackServerContext* context, const quality::v1::RetireDeviceRequest* request,
    quality::v1::RetireDeviceResponse* response) {
  return calls_.Run(context, [=, this] {
    return SetStatus(store_, clock_.Now(), request->device_id(), "retired", "retired_by", {request->retired_by(), request->reason()},
                     response->mutable_device());
  });
}

grpc::ServerUnaryReactor* DeviceService::ConfigureDevice(grpc::CallbackServerContext* context,
                                                         const quality::v1::ConfigureDeviceRequest* request,
                                                         quality::v1::ConfigureDeviceResponse* response) {
  return calls_.Run(context, [=, this] { return api::ConfigureDevice(store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* DeviceService::ListDeviceCommands(grpc::CallbackServerContext* context,
                                                            const quality::v1::ListDeviceCommandsRequest* request,
                                                            quality::v1::ListDeviceCommandsResponse* response) {
  return calls_.Run(context, [=, this] {
    const auto list = [this](const HistoryQuery& query) { return ListCommands(commands_, query); };
    return ListHistory(*request, response, list, [response] { return response->add_commands(); });
  });
}

grpc::ServerUnaryReactor* DeviceService::ListDeviceChanges(grpc::CallbackServerContext* context,
                                                           const quality::v1::ListDeviceChangesRequest* request,
                                                           quality::v1::ListDeviceChangesResponse* response) {
  return calls_.Run(context, [=, this] {
    const auto list = [this](const HistoryQuery& query) { return store_.ListChanges(query); };
    return ListHistory(*request, response, list, [response] { return response->add_changes(); });
  });
}

grpc::ServerUnaryReactor* DeviceService::ListDevicePresence(grpc::CallbackServerContext* context,
                                                            const quality::v1::ListDevicePresenceRequest* request,
                                                            quality::v1::ListDevicePresenceResponse* response) {
  return calls_.Run(context, [=, this] {
    const auto list = [this](const HistoryQuery& query) { return store_.ListPresence(query); };
    return ListHistory(*request, response, list, [response] { return response->add_transitions(); });
  });
}

grpc::ServerUnaryReactor* DeviceService::ListDeviceCounters(grpc::CallbackServerContext* context,
                                                            const quality::v1::ListDeviceCountersRequest* request,
                                                            quality::v1::ListDeviceCountersResponse* response) {
  return calls_.Run(context, [=, this] {
    const auto list = [this](const HistoryQuery& query) { return store_.ListCounters(query); };
    return ListHistory(*request, response, list, [response] { return response->add_counters(); });
  });
}

}  // namespace egi::api
