// Imports of campaign files: uploads, how far they are, what was noticed.
#ifndef EGI_SERVER_API_FEEDING_IMPORT_SERVICE_H_
#define EGI_SERVER_API_FEEDING_IMPORT_SERVICE_H_

#include <atomic>

#include "egi/feeding/v1/import.grpc.pb.h"
#include "server/api/calls.h"
#include "server/api/feeding/import_streams.h"
#include "server/base/clock.h"
#include "server/base/worker_pool.h"
#include "server/storage/write/import_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server. The imports themselves are worked off by imports::ImportRunner.
class ImportService final : public feeding::v1::ImportService::CallbackService {
 public:
  ImportService(storage::write::ImportStore& store, const Clock& clock, WorkerPool& workers, const UploadLimits& limits = {})
      : store_(store), clock_(clock), workers_(workers), limits_(limits), calls_(workers) {}

  grpc::ServerReadReactor<feeding::v1::CreateImportRequest>* CreateImport(grpc::CallbackServerContext* context,
                                                                          feeding::v1::Import* response) override;
  grpc::ServerUnaryReactor* ListImports(grpc::CallbackServerContext* context, const feeding::v1::ListImportsRequest* request,
                                        feeding::v1::ListImportsResponse* response) override;
  grpc::ServerUnaryReactor* GetImport(grpc::CallbackServerContext* context, const feeding::v1::GetImportRequest* request,
                                      feeding::v1::GetImportResponse* response) override;
  grpc::ServerUnaryReactor* ListImportAnomalies(grpc::CallbackServerContext* context, const feeding::v1::ListImportAnomaliesRequest* request,
                                                feeding::v1::ListImportAnomaliesResponse* response) override;
  grpc::ServerWriteReactor<feeding::v1::Import>* WatchImport(grpc::CallbackServerContext* context,
                                                             const feeding::v1::GetImportRequest* request) override;

 private:
  storage::write::ImportStore& store_;
  const Clock& clock_;
  WorkerPool& workers_;
  const UploadLimits limits_;
  Calls calls_;
  std::atomic<int> uploads_{0};   // under way; each may hold 8 MiB
  std::atomic<int> watchers_{0};  // of imports; each looks into the database again and again
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_IMPORT_SERVICE_H_
