// The registry of the measuring devices.
#ifndef EGI_SERVER_API_DEVICE_SERVICE_H_
#define EGI_SERVER_API_DEVICE_SERVICE_H_

#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "egi/quality/v1/device.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/quality_reader.h"
#include "server/storage/write/device_store.h"

namespace egi::api {

// Told of every heartbeat that was recorded. Thread-safe; must not block.
using OnHeartbeat = std::function<void(const quality::v1::DeviceHeartbeat& heartbeat, absl::Time received)>;

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class DeviceService final : public quality::v1::DeviceService::CallbackService {
 public:
  DeviceService(storage::read::QualityReader& quality, storage::write::DeviceStore& store, const Clock& clock, Calls calls,
                OnHeartbeat on_heartbeat)
      : quality_(quality), store_(store), clock_(clock), calls_(calls), on_heartbeat_(std::move(on_heartbeat)) {}

  grpc::ServerUnaryReactor* ListDevices(grpc::CallbackServerContext* context, const quality::v1::ListDevicesRequest* request,
      quality::v1::ListDevicesResponse* response) override;
  grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext* context, const quality::v1::GetDeviceRequest* request,
      quality::v1::GetDeviceResponse* response) override;
  grpc::ServerUnaryReactor* ReportHeartbeat(grpc::CallbackServerContext* context, const quality::v1::ReportHeartbeatRequest* request,
      quality::v1::ReportHeartbeatResponse* response) override;

 private:
  storage::read::QualityReader& quality_;
  storage::write::DeviceStore& store_;
  const Clock& clock_;
  Calls calls_;
  const OnHeartbeat on_heartbeat_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_DEVICE_SERVICE_H_
