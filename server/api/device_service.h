// The registry of the measuring devices.
#ifndef EGI_SERVER_API_DEVICE_SERVICE_H_
#define EGI_SERVER_API_DEVICE_SERVICE_H_

#include "egi/quality/v1/device.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/quality_reader.h"
#include "server/storage/write/device_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class DeviceService final : public quality::v1::DeviceService::CallbackService {
 public:
  DeviceService(storage::read::QualityReader& quality, storage::write::DeviceStore& store, const Clock& clock, Calls calls)
      : quality_(quality), store_(store), clock_(clock), calls_(calls) {}

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
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_DEVICE_SERVICE_H_
