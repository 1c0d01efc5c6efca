// Carries one StreamSession over gRPC's callback API.
#ifndef EGI_SERVER_INGEST_STREAM_REACTOR_H_
#define EGI_SERVER_INGEST_STREAM_REACTOR_H_

#include <functional>
#include <memory>

#include "grpcpp/grpcpp.h"
#include "server/ingest/stream_session.h"

namespace egi::ingest {

// Serves StreamSamples and StreamMeals alike: messages pass as bytes (see ingest_wire.proto). Deletes itself when gRPC is done with it.
class StreamReactor final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>, public StreamPort {
 public:
  // `on_done` is called once, last.
  StreamReactor(std::shared_ptr<StreamSession> session, std::function<void()> on_done);

  void Read() override;
  void Write(wire::Response response) override;
  void Finish(const absl::Status& status) override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  const std::shared_ptr<StreamSession> session_;
  const std::function<void()> on_done_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
};

// A stream refused before it began.
class RefusedStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status);
  void OnDone() override { delete this; }
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_STREAM_REACTOR_H_
