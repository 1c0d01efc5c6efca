// The two streams of the firmware: bytes in, bytes out.
#ifndef EGI_SERVER_API_QUALITY_FIRMWARE_TRANSFER_H_
#define EGI_SERVER_API_QUALITY_FIRMWARE_TRANSFER_H_

#include <atomic>

#include "egi/quality/v1/firmware.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/base/clock.h"
#include "server/base/worker_pool.h"
#include "server/storage/write/firmware_store.h"

namespace egi::api {

// Collects an upload, checks it and keeps it. `uploads` counts those under way. The reactors delete themselves; the rest outlives them.
grpc::ServerReadReactor<quality::v1::UploadFirmwareRequest>* NewUpload(storage::write::FirmwareStore& store, const Clock& clock,
                                                                       WorkerPool& workers, std::atomic<int>& uploads,
                                                                       quality::v1::Firmware* response);

// Sends the bytes from request.offset on.
grpc::ServerWriteReactor<quality::v1::DownloadFirmwareResponse>* NewDownload(storage::write::FirmwareStore& store, WorkerPool& workers,
                                                                             const quality::v1::DownloadFirmwareRequest& request);

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_FIRMWARE_TRANSFER_H_
