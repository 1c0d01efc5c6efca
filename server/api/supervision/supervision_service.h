// What supervisors look at.
#ifndef EGI_SERVER_API_SUPERVISION_SUPERVISION_SERVICE_H_
#define EGI_SERVER_API_SUPERVISION_SUPERVISION_SERVICE_H_

#include "egi/supervision/v1/dashboard.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/supervision_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class SupervisionService final : public supervision::v1::SupervisionService::CallbackService {
 public:
  SupervisionService(storage::read::SupervisionReader& reader, const Clock& clock, Calls calls) : reader_(reader), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* GetCombinedDashboard(grpc::CallbackServerContext* context, const supervision::v1::GetCombinedDashboardRequest* request,
                                                 supervision::v1::CombinedDashboard* response) override;
  grpc::ServerUnaryReactor* AnalyseQuality(grpc::CallbackServerContext* context, const supervision::v1::AnalyseQualityRequest* request,
                                           supervision::v1::QualityAnalysis* response) override;
  grpc::ServerUnaryReactor* ClusterGaveurs(grpc::CallbackServerContext* context, const supervision::v1::ClusterGaveursRequest* request,
                                           supervision::v1::GaveurClustering* response) override;

 private:
  storage::read::SupervisionReader& reader_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_SUPERVISION_SUPERVISION_SERVICE_H_
