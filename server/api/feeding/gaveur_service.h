// Feeders and what they achieve.
#ifndef EGI_SERVER_API_FEEDING_GAVEUR_SERVICE_H_
#define EGI_SERVER_API_FEEDING_GAVEUR_SERVICE_H_

#include "egi/feeding/v1/gaveur.grpc.pb.h"
#include "server/api/calls.h"
#include "server/auth/access_tokens.h"
#include "server/auth/password_hasher.h"
#include "server/storage/read/contact_reader.h"
#include "server/storage/read/gaveur_reader.h"
#include "server/storage/read/site_reader.h"
#include "server/storage/write/account_store.h"
#include "server/storage/write/gaveur_store.h"

namespace egi::api {

// Where it is told whose names and contact a caller may see, and where feeders get their passwords.
struct ContactDesk {
  storage::read::ContactReader& contacts;
  storage::write::AccountStore& accounts;
  const auth::AccessTokens& tokens;
  auth::PasswordHasher& hasher;
};

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class GaveurService final : public feeding::v1::GaveurService::CallbackService {
 public:
  // `logins` runs what hashes passwords, on workers of its own.
  GaveurService(storage::read::GaveurReader& gaveurs, storage::read::SiteReader& sites, storage::write::GaveurStore& store,
                ContactDesk desk, Calls logins, Calls calls)
      : gaveurs_(gaveurs), sites_(sites), store_(store), desk_(desk), logins_(logins), calls_(calls) {}

  grpc::ServerUnaryReactor* GetGaveur(grpc::CallbackServerContext* context, const feeding::v1::GetGaveurRequest* request,
                                      feeding::v1::Gaveur* response) override;
  grpc::ServerUnaryReactor* CreateGaveur(grpc::CallbackServerContext* context, const feeding::v1::CreateGaveurRequest* request,
                                         feeding::v1::Gaveur* response) override;
  grpc::ServerUnaryReactor* ListSiteGaveurs(grpc::CallbackServerContext* context, const feeding::v1::ListSiteGaveursRequest* request,
                                            feeding::v1::ListSiteGaveursResponse* response) override;
  grpc::ServerUnaryReactor* ListGaveurPerformances(grpc::CallbackServerContext* context,
                                                   const feeding::v1::ListGaveurPerformancesRequest* request,
                                                   feeding::v1::ListGaveurPerformancesResponse* response) override;
  grpc::ServerUnaryReactor* GetGaveurAnalytics(grpc::CallbackServerContext* context, const feeding::v1::GetGaveurAnalyticsRequest* request,
                                               feeding::v1::GaveurAnalytics* response) override;
  grpc::ServerUnaryReactor* GetPerformanceHistory(grpc::CallbackServerContext* context,
                                                  const feeding::v1::GetPerformanceHistoryRequest* request,
                                                  feeding::v1::GetPerformanceHistoryResponse* response) override;
  grpc::ServerUnaryReactor* GetGaveurStats(grpc::CallbackServerContext* context, const feeding::v1::GetGaveurStatsRequest* request,
                                           feeding::v1::GaveurStats* response) override;

 private:
  storage::read::GaveurReader& gaveurs_;
  storage::read::SiteReader& sites_;
  storage::write::GaveurStore& store_;
  const ContactDesk desk_;
  Calls logins_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_GAVEUR_SERVICE_H_
