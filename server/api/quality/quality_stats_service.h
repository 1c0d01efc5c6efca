// Statistics of the quality control.
#ifndef EGI_SERVER_API_QUALITY_QUALITY_STATS_SERVICE_H_
#define EGI_SERVER_API_QUALITY_QUALITY_STATS_SERVICE_H_

#include "egi/quality/v1/stats.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/card_reader.h"
#include "server/storage/read/quality_reader.h"
#include "server/storage/read/sample_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class QualityStatsService final : public quality::v1::QualityStatsService::CallbackService {
 public:
  QualityStatsService(storage::read::QualityReader& quality, storage::read::CardReader& cards, storage::read::SampleReader& samples,
                      const Clock& clock, Calls calls)
      : quality_(quality), cards_(cards), samples_(samples), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* GetHealth(grpc::CallbackServerContext* context, const quality::v1::GetHealthRequest* request,
      quality::v1::GetHealthResponse* response) override;
  grpc::ServerUnaryReactor* ListHourlyStats(grpc::CallbackServerContext* context, const quality::v1::StatsRequest* request,
      quality::v1::ListHourlyStatsResponse* response) override;
  grpc::ServerUnaryReactor* GetSiteStats(grpc::CallbackServerContext* context, const quality::v1::StatsRequest* request,
      quality::v1::GetSiteStatsResponse* response) override;
  grpc::ServerUnaryReactor* GetGradeDistribution(grpc::CallbackServerContext* context, const quality::v1::StatsRequest* request,
      quality::v1::GetGradeDistributionResponse* response) override;
  grpc::ServerUnaryReactor* GetOverview(grpc::CallbackServerContext* context, const quality::v1::GetOverviewRequest* request,
      quality::v1::GetOverviewResponse* response) override;
  grpc::ServerUnaryReactor* GetDashboardMetrics(grpc::CallbackServerContext* context,
      const quality::v1::GetDashboardMetricsRequest* request, quality::v1::DashboardMetrics* response) override;
  grpc::ServerUnaryReactor* GetLotQuality(grpc::CallbackServerContext* context, const quality::v1::GetLotQualityRequest* request,
      quality::v1::GetLotQualityResponse* response) override;

 private:
  storage::read::QualityReader& quality_;
  storage::read::CardReader& cards_;
  storage::read::SampleReader& samples_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_QUALITY_STATS_SERVICE_H_
