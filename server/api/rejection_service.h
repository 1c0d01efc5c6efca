// Messages that never became an item.
#ifndef EGI_SERVER_API_REJECTION_SERVICE_H_
#define EGI_SERVER_API_REJECTION_SERVICE_H_

#include "egi/ingest/v1/stream.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/write/rejection_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class RejectionService final : public ingest::v1::RejectionService::CallbackService {
 public:
  RejectionService(storage::write::RejectionStore& store, const Clock& clock, Calls calls)
      : store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* RecordRejections(grpc::CallbackServerContext* context,
                                             const ingest::v1::RecordRejectionsRequest* request,
                                             ingest::v1::RecordRejectionsResponse* response) override;
  grpc::ServerUnaryReactor* ListRejections(grpc::CallbackServerContext* context, const ingest::v1::ListRejectionsRequest* request,
                                           ingest::v1::ListRejectionsResponse* response) override;

 private:
  storage::write::RejectionStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_REJECTION_SERVICE_H_
