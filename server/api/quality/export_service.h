// Stored samples as a file, piece by piece.
#ifndef EGI_SERVER_API_QUALITY_EXPORT_SERVICE_H_
#define EGI_SERVER_API_QUALITY_EXPORT_SERVICE_H_

#include "egi/quality/v1/export.grpc.pb.h"
#include "server/base/clock.h"
#include "server/base/worker_pool.h"
#include "server/storage/read/sample_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class ExportService final : public quality::v1::ExportService::CallbackService {
 public:
  ExportService(storage::read::SampleReader& samples, const Clock& clock, WorkerPool& workers)
      : samples_(samples), clock_(clock), workers_(workers) {}

  grpc::ServerWriteReactor<quality::v1::ExportChunk>* ExportSamples(grpc::CallbackServerContext* context,
                                                                    const quality::v1::ExportSamplesRequest* request) override;

 private:
  storage::read::SampleReader& samples_;
  const Clock& clock_;
  WorkerPool& workers_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_EXPORT_SERVICE_H_
