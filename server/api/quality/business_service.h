// Business metrics of the quality control.
#ifndef EGI_SERVER_API_QUALITY_BUSINESS_SERVICE_H_
#define EGI_SERVER_API_QUALITY_BUSINESS_SERVICE_H_

#include "egi/quality/v1/business.grpc.pb.h"
#include "server/analyse/profile_book.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/quality_reader.h"
#include "server/storage/read/sample_reader.h"
#include "server/storage/write/gauge_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class BusinessMetricsService final : public quality::v1::BusinessMetricsService::CallbackService {
 public:
  BusinessMetricsService(storage::read::SampleReader& samples, storage::read::QualityReader& quality, storage::write::GaugeStore& gauge,
                         const analyse::AnalysisBook& book, const Clock& clock, Calls calls)
      : samples_(samples), quality_(quality), gauge_(gauge), book_(book), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* GetBusinessMetrics(grpc::CallbackServerContext* context,
      const quality::v1::GetBusinessMetricsRequest* request, quality::v1::GetBusinessMetricsResponse* response) override;

 private:
  storage::read::SampleReader& samples_;
  storage::read::QualityReader& quality_;
  storage::write::GaugeStore& gauge_;
  const analyse::AnalysisBook& book_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_BUSINESS_SERVICE_H_
