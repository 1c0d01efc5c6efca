// The queue of finished lots waiting for their inspection.
#ifndef EGI_SERVER_API_QUALITY_INSPECTION_SERVICE_H_
#define EGI_SERVER_API_QUALITY_INSPECTION_SERVICE_H_

#include "egi/quality/v1/inspection.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/quality_reader.h"
#include "server/storage/write/inspection_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class InspectionService final : public quality::v1::InspectionService::CallbackService {
 public:
  InspectionService(storage::read::QualityReader& quality, storage::write::InspectionStore& store, const Clock& clock, Calls calls)
      : quality_(quality), store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* ListPendingLots(grpc::CallbackServerContext* context, const quality::v1::ListPendingLotsRequest* request,
      quality::v1::ListPendingLotsResponse* response) override;
  grpc::ServerUnaryReactor* ClaimLot(grpc::CallbackServerContext* context, const quality::v1::ClaimLotRequest* request,
      quality::v1::ClaimLotResponse* response) override;
  grpc::ServerUnaryReactor* RenewLease(grpc::CallbackServerContext* context, const quality::v1::RenewLeaseRequest* request,
      quality::v1::ClaimLotResponse* response) override;
  grpc::ServerUnaryReactor* CompleteLot(grpc::CallbackServerContext* context, const quality::v1::CompleteLotRequest* request,
      quality::v1::PendingLot* response) override;
  grpc::ServerUnaryReactor* FailLot(grpc::CallbackServerContext* context, const quality::v1::FailLotRequest* request,
      quality::v1::PendingLot* response) override;
  grpc::ServerUnaryReactor* RetryLot(grpc::CallbackServerContext* context, const quality::v1::RetryLotRequest* request,
      quality::v1::PendingLot* response) override;
  grpc::ServerUnaryReactor* ListInspectionAttempts(grpc::CallbackServerContext* context,
      const quality::v1::ListInspectionAttemptsRequest* request, quality::v1::ListInspectionAttemptsResponse* response) override;
  grpc::ServerUnaryReactor* DecideLot(grpc::CallbackServerContext* context, const quality::v1::DecideLotRequest* request,
      quality::v1::PendingLot* response) override;

 private:
  storage::read::QualityReader& quality_;
  storage::write::InspectionStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_INSPECTION_SERVICE_H_
