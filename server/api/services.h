// Every unary service that answers from the database, ready to be registered.
#ifndef EGI_SERVER_API_SERVICES_H_
#define EGI_SERVER_API_SERVICES_H_

#include <memory>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "server/analyse/profile_book.h"
#include "server/api/feeding/day_meal_service.h"
#include "server/api/quality/device_service.h"
#include "server/api/quality/gauge_service.h"
#include "server/auth/access_tokens.h"
#include "server/auth/password_hasher.h"
#include "server/base/clock.h"
#include "server/base/worker_pool.h"
#include "server/storage/postgres/pool.h"

namespace egi::api {

// The services and the stores they answer from. Destroy it after the gRPC server.
class Services {
 public:
  virtual ~Services() = default;

  // Register each with a ServerBuilder.
  virtual const std::vector<std::unique_ptr<grpc::Service>>& list() const = 0;
};

// `pool` with at least as many connections as `workers` has threads; `workers` queue bounds the calls that wait. All must outlive the
// answer. `on_heartbeat` learns of devices that report outside a stream. `days` stores what is entered of whole days. `gauge`: rules of the gauge control, and who must know when they
// changed what a device may do. `tokens` makes and knows the access tokens; `hasher` the passwords.
std::unique_ptr<Services> MakeServices(storage::Pool& pool, const Clock& clock, WorkerPool& workers, const analyse::AnalysisBook& book,
                                       const auth::AccessTokens& tokens, auth::PasswordHasher& hasher, OnHeartbeat on_heartbeat, DaySink days,
                                       GaugeOptions gauge = {});

}  // namespace egi::api

#endif  // EGI_SERVER_API_SERVICES_H_
