// Firmware of the stations: versions and rollouts.
#ifndef EGI_SERVER_API_QUALITY_FIRMWARE_SERVICE_H_
#define EGI_SERVER_API_QUALITY_FIRMWARE_SERVICE_H_

#include <atomic>

#include "egi/quality/v1/firmware.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/base/worker_pool.h"
#include "server/storage/write/firmware_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class FirmwareService final : public quality::v1::FirmwareService::CallbackService {
 public:
  FirmwareService(storage::write::FirmwareStore& store, const Clock& clock, WorkerPool& workers)
      : store_(store), clock_(clock), workers_(workers), calls_(workers) {}

  grpc::ServerReadReactor<quality::v1::UploadFirmwareRequest>* UploadFirmware(grpc::CallbackServerContext* context,
                                                                              quality::v1::Firmware* response) override;
  grpc::ServerUnaryReactor* ListFirmware(grpc::CallbackServerContext* context, const quality::v1::ListFirmwareRequest* request,
                                         quality::v1::ListFirmwareResponse* response) override;
  grpc::ServerWriteReactor<quality::v1::DownloadFirmwareResponse>* DownloadFirmware(
      grpc::CallbackServerContext* context, const quality::v1::DownloadFirmwareRequest* request) override;
  grpc::ServerUnaryReactor* StartRollout(grpc::CallbackServerContext* context, const quality::v1::StartRolloutRequest* request,
                                         quality::v1::Rollout* response) override;
  grpc::ServerUnaryReactor* ListRollouts(grpc::CallbackServerContext* context, const quality::v1::ListRolloutsRequest* request,
                                         quality::v1::ListRolloutsResponse* response) override;
  grpc::ServerUnaryReactor* GetRollout(grpc::CallbackServerContext* context, const quality::v1::GetRolloutRequest* request,
                                       quality::v1::GetRolloutResponse* response) override;
  grpc::ServerUnaryReactor* PauseRollout(grpc::CallbackServerContext* context, const quality::v1::ChangeRolloutRequest* request,
                                         quality::v1::Rollout* response) override;
  grpc::ServerUnaryReactor* ResumeRollout(grpc::CallbackServerContext* context, const quality::v1::ChangeRolloutRequest* request,
                                          quality::v1::Rollout* response) override;
  grpc::ServerUnaryReactor* AbortRollout(grpc::CallbackServerContext* context, const quality::v1::ChangeRolloutRequest* request,
                                         quality::v1::Rollout* response) override;

 private:
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, const quality::v1::ChangeRolloutRequest* request,
                                   storage::write::RolloutAction action, quality::v1::Rollout* response);

  storage::write::FirmwareStore& store_;
  const Clock& clock_;
  WorkerPool& workers_;
  Calls calls_;
  std::atomic<int> uploads_{0};  // under way; each may hold 16 MiB
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_FIRMWARE_SERVICE_H_
