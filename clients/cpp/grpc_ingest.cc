#include "clients/cpp/grpc_ingest.h"

#include <utility>

#include "clients/cpp/channel.h"
#include "egi/feeding/v1/meal.grpc.pb.h"
#include "egi/quality/v1/ingest.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace egi::client {
namespace {

// What differs between the two streams.
struct Samples {
  using Service = egi::quality::v1::SampleIngestService;
  using Request = egi::quality::v1::StreamSamplesRequest;
  using Response = egi::quality::v1::StreamSamplesResponse;
  static auto Start(Service::Stub* stub, grpc::ClientContext* context) { return stub->StreamSamples(context); }
  static auto* Add(Request* request) { return request->mutable_batch()->add_samples(); }
  static bool SetHeartbeat(Request* request, const std::string& bytes) { return request->mutable_heartbeat()->ParseFromString(bytes); }
  static bool SetCommandResult(Request* request, const std::string& bytes) {
    return request->mutable_command_result()->ParseFromString(bytes);
  }
  static bool TakeCommand(Response* response, IngestAnswer* answer) {
    if (!response->has_command()) return false;
    *answer = IngestCommand{response->command().SerializeAsString()};
    return true;
  }
};

struct Meals {
  using Service = egi::feeding::v1::MealIngestService;
  using Request = egi::feeding::v1::StreamMealsRequest;
  using Response = egi::feeding::v1::StreamMealsResponse;
  static auto Start(Service::Stub* stub, grpc::ClientContext* context) { return stub->StreamMeals(context); }
  static auto* Add(Request* request) { return request->mutable_batch()->add_meals(); }
  static bool SetHeartbeat(Request*, const std::string&) { return false; }
  static bool SetCommandResult(Request*, const std::string&) { return false; }
  static bool TakeCommand(Response*, IngestAnswer*) { return false; }
};

template <typename Kind>
class GrpcStream : public IngestStream {
 public:
  explicit GrpcStream(const std::string& server)
      : stub_(Kind::Service::NewStub(MakeChannel(server))), stream_(Kind::Start(stub_.get(), &context_)) {}

  bool WriteOpen(const egi::ingest::v1::Open& open) override {
    typename Kind::Request request;
    *request.mutable_open() = open;
    return stream_->Write(request);
  }

  bool WriteBatch(int64_t first_sequence, const std::vector<std::string>& items) override {
    typename Kind::Request request;
    request.mutable_batch()->set_first_sequence(first_sequence);
    for (const std::string& item : items) {
      // Items were serialised from the same type; one that does not parse (a spool of a newer version) is sent empty and refused
      // by the server with its reasons, so that the sequence has no gap.
      if (auto* added = Kind::Add(&request); !added->ParseFromString(item)) added->Clear();
    }
    return stream_->Write(request);
  }

  bool WriteHeartbeat(const std::string& heartbeat) override {
    typename Kind::Request request;
    return !Kind::SetHeartbeat(&request, heartbeat) || stream_->Write(request);
  }

  bool WriteCommandResult(const std::string& result) override {
    typename Kind::Request request;
    return !Kind::SetCommandResult(&request, result) || stream_->Write(request);
  }

  void WritesDone() override { stream_->WritesDone(); }

  bool Read(IngestAnswer* answer) override {
    typename Kind::Response response;
    if (!stream_->Read(&response)) return false;
    switch (response.response_case()) {
      case Kind::Response::kOpened:
        *answer = std::move(*response.mutable_opened());
        return true;
      case Kind::Response::kAck:
        *answer = std::move(*response.mutable_ack());
        return true;
      case Kind::Response::kRejections:
        *answer = std::move(*response.mutable_rejections());
        return true;
      case Kind::Response::kResults:
        *answer = std::move(*response.mutable_results());
        return true;
      default:
        break;
    }
    if (!Kind::TakeCommand(&response, answer)) *answer = std::monostate();
    return true;
  }

  void Cancel() override { context_.TryCancel(); }
  absl::Status Finish() override { return FromGrpcStatus(stream_->Finish()); }

 private:
  const std::unique_ptr<typename Kind::Service::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<typename Kind::Request, typename Kind::Response>> stream_;
};

template <typename Kind>
class GrpcConnection : public IngestConnection {
 public:
  explicit GrpcConnection(const std::string& server) : server_(server) {}
  std::unique_ptr<IngestStream> Start() override { return std::make_unique<GrpcStream<Kind>>(server_); }

 private:
  const std::string server_;
};

}  // namespace

std::unique_ptr<IngestConnection> MakeSampleConnection(const std::string& server) {
  return std::make_unique<GrpcConnection<Samples>>(server);
}

std::unique_ptr<IngestConnection> MakeMealConnection(const std::string& server) {
  return std::make_unique<GrpcConnection<Meals>>(server);
}

}  // namespace egi::client
