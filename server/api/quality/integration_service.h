// Quality beside the feeding that led to it.
#ifndef EGI_SERVER_API_QUALITY_INTEGRATION_SERVICE_H_
#define EGI_SERVER_API_QUALITY_INTEGRATION_SERVICE_H_

#include "egi/quality/v1/integration.grpc.pb.h"
#include "server/api/calls.h"
#include "server/storage/read/integration_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class IntegrationService final : public quality::v1::IntegrationService::CallbackService {
 public:
  IntegrationService(storage::read::IntegrationReader& pairs, Calls calls) : pairs_(pairs), calls_(calls) {}

  grpc::ServerUnaryReactor* GetCorrelation(grpc::CallbackServerContext* context, const quality::v1::GetCorrelationRequest* request,
      quality::v1::GetCorrelationResponse* response) override;
  grpc::ServerUnaryReactor* ListLotAggregates(grpc::CallbackServerContext* context, const quality::v1::ListLotAggregatesRequest* request,
                                              quality::v1::ListLotAggregatesResponse* response) override;

 private:
  storage::read::IntegrationReader& pairs_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_INTEGRATION_SERVICE_H_
