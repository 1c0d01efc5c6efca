// Runs the handlers of unary calls on workers, because they wait for the database and the threads of gRPC must not.
#ifndef EGI_SERVER_API_CALLS_H_
#define EGI_SERVER_API_CALLS_H_

#include <functional>

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/base/worker_pool.h"

namespace egi::api {

// Thread-safe.
class Calls {
 public:
  // `workers` must outlive the gRPC server.
  explicit Calls(WorkerPool& workers) : workers_(workers) {}

  // Finishes the call with what `handler` answers; the request and the response stay valid until then. When too many calls
  // wait already the answer is RESOURCE_EXHAUSTED with RetryInfo; a call the client gave up meanwhile is not handled.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, std::function<absl::Status()> handler);

  // Finishes a call; to be called once, from any thread.
  using Finish = std::function<void(const absl::Status& status)>;

  // The same for a handler that does not wait for its answer: it calls `finish` itself, perhaps after it returned.
  grpc::ServerUnaryReactor* Start(grpc::CallbackServerContext* context, std::function<void(const Finish& finish)> handler);

 private:
  WorkerPool& workers_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_CALLS_H_
