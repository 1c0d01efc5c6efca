// The open streams of one lane.
#ifndef EGI_SERVER_INGEST_STREAM_HOST_H_
#define EGI_SERVER_INGEST_STREAM_HOST_H_

#include <memory>
#include <string>
#include <unordered_set>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/ingest/stream_session.h"

namespace egi::ingest {

// Opens sessions up to a limit, knows those that are open, drains them. Thread-safe; outlives the gRPC server.
class StreamHost {
 public:
  StreamHost(const StreamEnvironment& environment, int max_streams) : env_(environment), max_streams_(max_streams) {}

  // The reactor of a new stream; one that refuses when draining (UNAVAILABLE) or full (RESOURCE_EXHAUSTED).
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Open(const grpc::CallbackServerContext& context);

  // OK, or why a unary call is not taken now; an OK takes `bytes` of the gate, to be released when answered.
  absl::Status AdmitUnary(int64_t bytes);

  // Refuses new streams and calls and lets the open ones end with everything submitted acknowledged.
  void Drain();

  // Waits until no stream is open; false when `timeout` passed first.
  bool WaitUntilEmpty(absl::Duration timeout);

  const StreamEnvironment& environment() const { return env_; }

 private:
  void Remove(const std::shared_ptr<StreamSession>& session);

  const StreamEnvironment env_;
  const int max_streams_;
  Mutex mutex_;
  CondVar changed_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::unordered_set<std::shared_ptr<StreamSession>> sessions_ ABSL_GUARDED_BY(mutex_);
};

// How a call came: "ws" or "rest" when the gateway says so in the metadata `egi-transport`, else "grpc".
std::string TransportOf(const grpc::CallbackServerContext& context);

// The metadata `idempotency-key`, which the gateway passes on from the header; empty when there is none.
std::string IdempotencyKeyOf(const grpc::CallbackServerContext& context);

// Trace id of the metadata `traceparent`; empty when there is none.
std::string TraceIdOf(const grpc::CallbackServerContext& context);

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_STREAM_HOST_H_
