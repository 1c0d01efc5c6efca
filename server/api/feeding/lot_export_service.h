// Stored lots as a file, piece by piece.
#ifndef EGI_SERVER_API_FEEDING_LOT_EXPORT_SERVICE_H_
#define EGI_SERVER_API_FEEDING_LOT_EXPORT_SERVICE_H_

#include "egi/feeding/v1/lot_export.grpc.pb.h"
#include "server/base/worker_pool.h"
#include "server/storage/read/lot_sheet_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class LotExportService final : public feeding::v1::LotExportService::CallbackService {
 public:
  LotExportService(storage::read::LotSheetReader& sheets, WorkerPool& workers) : sheets_(sheets), workers_(workers) {}

  grpc::ServerWriteReactor<feeding::v1::LotExportChunk>* ExportLots(grpc::CallbackServerContext* context,
                                                                    const feeding::v1::ExportLotsRequest* request) override;

 private:
  storage::read::LotSheetReader& sheets_;
  WorkerPool& workers_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_LOT_EXPORT_SERVICE_H_
