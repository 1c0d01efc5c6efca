#include "clients/cpp/event_stream.h"

#include "clients/cpp/channel.h"
#include "egi/realtime/v1/realtime.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace egi::client {
namespace {

using egi::realtime::v1::RealtimeService;
using egi::realtime::v1::SubscribeRequest;
using egi::realtime::v1::SubscribeResponse;

class GrpcEventStream : public EventStream {
 public:
  // A new channel each time: one kept over a failure would answer from its own back-off instead of dialling.
  GrpcEventStream(const std::string& server, const SubscribeRequest& request)
      : stub_(RealtimeService::NewStub(MakeChannel(server))), reader_(stub_->Subscribe(&context_, request)) {}
  bool Read(SubscribeResponse* response) override { return reader_->Read(response); }
  void Cancel() override { context_.TryCancel(); }
  absl::Status Finish() override { return FromGrpcStatus(reader_->Finish()); }

 private:
  const std::unique_ptr<RealtimeService::Stub> stub_;
  grpc::ClientContext context_;
  const std::unique_ptr<grpc::ClientReader<SubscribeResponse>> reader_;
};

class GrpcEventConnection : public EventConnection {
 public:
  explicit GrpcEventConnection(const std::string& server) : server_(server) {}
  std::unique_ptr<EventStream> Subscribe(const SubscribeRequest& request) override {
    return std::make_unique<GrpcEventStream>(server_, request);
  }

 private:
  const std::string server_;
};

}  // namespace

std::unique_ptr<EventConnection> MakeEventConnection(const std::string& server) { return std::make_unique<GrpcEventConnection>(server); }

}  // namespace egi::client
