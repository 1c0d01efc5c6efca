#include "server/api/calls.h"

#include <utility>

#include "absl/time/time.h"
#include "server/base/grpc_status.h"

namespace egi::api {

grpc::ServerUnaryReactor* Calls::Run(grpc::CallbackServerContext* context, std::function<absl::Status()> handler) {
  return Start(context, [handler = std::move(handler)](const Finish& finish) { finish(handler()); });
}

grpc::ServerUnaryReactor* Calls::Start(grpc::CallbackServerContext* context, std::function<void(const Finish& finish)> handler) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool taken = workers_.Post([context, reactor, handler = std::move(handler)] {
    if (context->IsCancelled()) return reactor->Finish(grpc::Status::CANCELLED);
    handler([reactor](const absl::Status& status) { reactor->Finish(ToGrpcStatus(status)); });
  });
  if (!taken) reactor->Finish(ToGrpcStatus(Overloaded("too many calls are waiting for the database", absl::Seconds(1))));
  return reactor;
}

}  // namespace egi::api
