// The registry of the measuring devices.
#ifndef EGI_SERVER_API_QUALITY_DEVICE_SERVICE_H_
#define EGI_SERVER_API_QUALITY_DEVICE_SERVICE_H_

#include <functional>
#include <utility>

#include "absl/time/time.h"
#include "egi/quality/v1/device.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/quality_reader.h"
#include "server/storage/write/command_store.h"
#include "server/storage/write/device_store.h"

namespace egi::api {

// Told of every heartbeat that was recorded, and what it added to the counters. Thread-safe; must not block.
using OnHeartbeat =
    std::function<void(const quality::v1::DeviceHeartbeat& heartbeat, const storage::write::CounterSteps& steps, absl::Time received)>;

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class DeviceService final : public quality::v1::DeviceService::CallbackService {
 public:
  DeviceService(storage::read::QualityReader& quality, storage::write::DeviceStore& store, storage::write::CommandStore& commands,
                const Clock& clock, Calls calls, OnHeartbeat on_heartbeat)
      : quality_(quality), store_(store), commands_(commands), clock_(clock), calls_(calls), on_heartbeat_(std::move(on_heartbeat)) {}

  grpc::ServerUnaryReactor* ListDevices(grpc::CallbackServerContext* context, const quality::v1::ListDevicesRequest* request,
      quality::v1::ListDevicesResponse* response) override;
  grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext* context, const quality::v1::GetDeviceRequest* request,
      quality::v1::GetDeviceResponse* response) override;
  grpc::ServerUnaryReactor* ReportHeartbeat(grpc::CallbackServerContext* context, const quality::v1::ReportHeartbeatRequest* request,
      quality::v1::ReportHeartbeatResponse* response) override;
  grpc::ServerUnaryReactor* UpdateDevice(grpc::CallbackServerContext* context, const quality::v1::UpdateDeviceRequest* request,
      quality::v1::UpdateDeviceResponse* response) override;
  grpc::ServerUnaryReactor* ApproveDevice(grpc::CallbackServerContext* context, const quality::v1::ApproveDeviceRequest* request,
      quality::v1::ApproveDeviceResponse* response) override;
  grpc::ServerUnaryReactor* RetireDevice(grpc::CallbackServerContext* context, const quality::v1::RetireDeviceRequest* request,
      quality::v1::RetireDeviceResponse* response) override;
  grpc::ServerUnaryReactor* ConfigureDevice(grpc::CallbackServerContext* context, const quality::v1::ConfigureDeviceRequest* request,
      quality::v1::ConfigureDeviceResponse* response) override;
  grpc::ServerUnaryReactor* ListDeviceCommands(grpc::CallbackServerContext* context, const quality::v1::ListDeviceCommandsRequest* request,
      quality::v1::ListDeviceCommandsResponse* response) override;
  grpc::ServerUnaryReactor* ListDeviceChanges(grpc::CallbackServerContext* context, const quality::v1::ListDeviceChangesRequest* request,
      quality::v1::ListDeviceChangesResponse* response) override;
  grpc::ServerUnaryReactor* ListDevicePresence(grpc::CallbackServerContext* context, const quality::v1::ListDevicePresenceRequest* request,
      quality::v1::ListDevicePresenceResponse* response) override;
  grpc::ServerUnaryReactor* ListDeviceCounters(grpc::CallbackServerContext* context, const quality::v1::ListDeviceCountersRequest* request,
      quality::v1::ListDeviceCountersResponse* response) override;

 private:
  storage::read::QualityReader& quality_;
  storage::write::DeviceStore& store_;
  storage::write::CommandStore& commands_;
  const Clock& clock_;
  Calls calls_;
  const OnHeartbeat on_heartbeat_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_DEVICE_SERVICE_H_
