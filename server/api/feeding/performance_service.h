// What lots yield.
#ifndef EGI_SERVER_API_FEEDING_PERFORMANCE_SERVICE_H_
#define EGI_SERVER_API_FEEDING_PERFORMANCE_SERVICE_H_

#include "egi/feeding/v1/performance.grpc.pb.h"
#include "server/api/calls.h"
#include "server/storage/read/performance_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class PerformanceService final : public feeding::v1::PerformanceService::CallbackService {
 public:
  PerformanceService(storage::read::PerformanceReader& reader, Calls calls) : reader_(reader), calls_(calls) {}

  grpc::ServerUnaryReactor* GetLotStats(grpc::CallbackServerContext* context, const feeding::v1::GetLotStatsRequest* request,
                                        feeding::v1::LotStats* response) override;
  grpc::ServerUnaryReactor* GetLotPerformance(grpc::CallbackServerContext* context, const feeding::v1::GetLotPerformanceRequest* request,
                                              feeding::v1::LotPerformance* response) override;
  grpc::ServerUnaryReactor* ListLotPerformances(grpc::CallbackServerContext* context, const feeding::v1::ListLotPerformancesRequest* request,
                                                feeding::v1::ListLotPerformancesResponse* response) override;
  grpc::ServerUnaryReactor* GetLotQuality(grpc::CallbackServerContext* context, const feeding::v1::GetLotQualityRequest* request,
                                          feeding::v1::LotQuality* response) override;
  grpc::ServerUnaryReactor* BatchGetLotQuality(grpc::CallbackServerContext* context, const feeding::v1::BatchGetLotQualityRequest* request,
                                               feeding::v1::BatchGetLotQualityResponse* response) override;
  grpc::ServerUnaryReactor* ListCorrelationLots(grpc::CallbackServerContext* context, const feeding::v1::ListCorrelationLotsRequest* request,
                                                feeding::v1::ListCorrelationLotsResponse* response) override;

 private:
  storage::read::PerformanceReader& reader_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_PERFORMANCE_SERVICE_H_
