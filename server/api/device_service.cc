#include "server/api/device_service.h"

#include "server/api/convert.h"
#include "server/api/fields.h"

namespace egi::api {
namespace {

using storage::read::QualityReader;

absl::Status ListDevices(QualityReader& reader, const quality::v1::ListDevicesRequest& request,
                         quality::v1::ListDevicesResponse* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = AnswerAll(reader.ListDevices(request.site_code()), response->mutable_devices()); !failed.ok()) return failed;
  response->set_total(response->devices_size());
  return absl::OkStatus();
}

absl::Status GetDevice(QualityReader& reader, absl::Time now, const quality::v1::GetDeviceRequest& request,
                       quality::v1::GetDeviceResponse* response) {
  Fields fields;
  fields.Length("device_id", request.device_id(), 1, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(reader.ReadDevice(request.device_id(), now), response);
}

absl::Status ReportHeartbeat(storage::write::DeviceStore& store, const OnHeartbeat& on_heartbeat, absl::Time now, const quality::v1::ReportHeartbeatRequest& request,
                             quality::v1::ReportHeartbeatResponse* response) {
  const quality::v1::DeviceHeartbeat& heartbeat = request.heartbeat();
  Fields fields;
  fields.Length("heartbeat.device_id", heartbeat.device_id(), 1, 100);
  fields.Length("heartbeat.firmware_version", heartbeat.firmware_version(), 0, 50);
  fields.Length("heartbeat.location", heartbeat.location(), 0, 100);
  fields.Check(heartbeat.uptime_s() >= 0, "heartbeat.uptime_s", "must be >= 0 s");
  fields.Check(heartbeat.measurements_sent() >= 0, "heartbeat.measurements_sent", "must be >= 0");
  fields.Check(heartbeat.buffer_size() >= 0, "heartbeat.buffer_size", "must be >= 0");
  if (heartbeat.has_device_time()) fields.Time("heartbeat.device_time", heartbeat.device_time());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const absl::Status recorded = Answer(store.RecordHeartbeat(heartbeat, now), response->mutable_device());
  if (recorded.ok()) on_heartbeat(heartbeat, now);
  return recorded;
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
  return calls_.Run(context, [=, this] { return api::GetDevice(quality_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* DeviceService::ReportHeartbeat(grpc::CallbackServerContext* context,
                                                         const quality::v1::ReportHeartbeatRequest* request,
                                                         quality::v1::ReportHeartbeatResponse* response) {
  return calls_.Run(context, [=, this] { return api::ReportHeartbeat(store_, on_heartbeat_, clock_.Now(), *request, response); });
}

}  // namespace egi::api
