#include "server/api/calls.h"

#include <utility>

#include "absl/time/time.h"
#include "server/base/grpc_status.h"

namespace egi::api {

grpc::ServerUnaryReactor* Calls::Run(grpc::CallbackServerContext* context, std::function<absl::Status()> handler) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool taken = workers_.Post([context, reactor, handler = std::move(handler)] {
    reactor->Finish(context->IsCancelled() ? grpc::Status::CANCELLED : ToGrpcStatus(handler()));
  });
  if (!taken) reactor->Finish(ToGrpcStatus(Overloaded("too many calls are waiting for the database", absl::Seconds(1))));
  return reactor;
}

}  // namespace egi::api
