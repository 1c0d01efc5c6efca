// Sites and the figures of the cooperative.
#ifndef EGI_SERVER_API_FEEDING_SITE_SERVICE_H_
#define EGI_SERVER_API_FEEDING_SITE_SERVICE_H_

#include "egi/feeding/v1/site.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/site_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class SiteService final : public feeding::v1::SiteService::CallbackService {
 public:
  SiteService(storage::read::SiteReader& sites, const Clock& clock, Calls calls) : sites_(sites), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* ListSites(grpc::CallbackServerContext* context, const feeding::v1::ListSitesRequest* request,
                                      feeding::v1::ListSitesResponse* response) override;
  grpc::ServerUnaryReactor* CompareSites(grpc::CallbackServerContext* context, const feeding::v1::CompareSitesRequest* request,
                                         feeding::v1::CompareSitesResponse* response) override;
  grpc::ServerUnaryReactor* GetSite(grpc::CallbackServerContext* context, const feeding::v1::GetSiteRequest* request,
                                    feeding::v1::Site* response) override;
  grpc::ServerUnaryReactor* GetSiteStats(grpc::CallbackServerContext* context, const feeding::v1::GetSiteStatsRequest* request,
                                         feeding::v1::SiteStats* response) override;
  grpc::ServerUnaryReactor* ListSiteStats(grpc::CallbackServerContext* context, const feeding::v1::ListSiteStatsRequest* request,
                                          feeding::v1::ListSiteStatsResponse* response) override;
  grpc::ServerUnaryReactor* GetKpis(grpc::CallbackServerContext* context, const feeding::v1::GetKpisRequest* request,
                                    feeding::v1::GetKpisResponse* response) override;
  grpc::ServerUnaryReactor* ListProduction(grpc::CallbackServerContext* context, const feeding::v1::ListProductionRequest* request,
                                           feeding::v1::ListProductionResponse* response) override;
  grpc::ServerUnaryReactor* ListItm(grpc::CallbackServerContext* context, const feeding::v1::ListItmRequest* request,
                                    feeding::v1::ListItmResponse* response) override;
  grpc::ServerUnaryReactor* GetHealth(grpc::CallbackServerContext* context,
                                      const feeding::v1::GetSupervisionHealthRequest* request,
                                      feeding::v1::GetSupervisionHealthResponse* response) override;

 private:
  storage::read::SiteReader& sites_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_SITE_SERVICE_H_
