// The gRPC service of the publish stage.
#ifndef EGI_SERVER_PUBLISH_REALTIME_SERVICE_H_
#define EGI_SERVER_PUBLISH_REALTIME_SERVICE_H_

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "egi/realtime/v1/realtime.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/base/mutex.h"
#include "server/publish/hub.h"
#include "server/telemetry/log.h"

namespace egi::publish {

// Subscribe as bytes: a frame is serialised once and the same memory goes to every subscriber.
class RealtimeService final
    : public realtime::v1::RealtimeService::WithRawCallbackMethod_Subscribe<realtime::v1::RealtimeService::Service> {
 public:
  // Both outlive the service.
  RealtimeService(Hub* hub, const telemetry::Log* log) : hub_(hub), log_(log) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request) override;

 private:
  Hub* const hub_;
  const telemetry::Log* const log_;
};

}  // namespace egi::publish

#endif  // EGI_SERVER_PUBLISH_REALTIME_SERVICE_H_
