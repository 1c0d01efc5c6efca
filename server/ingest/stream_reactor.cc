#include "server/ingest/stream_reactor.h"

#include <optional>
#include <utility>

#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "server/base/grpc_status.h"

namespace egi::ingest {

StreamReactor::StreamReactor(std::shared_ptr<StreamSession> session, std::function<void()> on_done)
    : session_(std::move(session)), on_done_(std::move(on_done)) {}

void StreamReactor::Read() { StartRead(&incoming_); }

void StreamReactor::Write(wire::Response response) {
  outgoing_.Clear();
  grpc::ProtoBufferWriter writer(&outgoing_, grpc::kProtoBufferWriterMaxBufferLength,
                                 static_cast<int>(response.ByteSizeLong()));
  response.SerializeToZeroCopyStream(&writer);
  StartWrite(&outgoing_);
}

void StreamReactor::Finish(const absl::Status& status) {
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>::Finish(ToGrpcStatus(status));
}

void StreamReactor::OnReadDone(bool ok) {
  if (!ok) return session_->OnRead(std::nullopt);
  wire::Request request;
  bool parsed = false;
  {
    grpc::ProtoBufferReader reader(&incoming_);
    parsed = reader.status().ok() && request.ParseFromZeroCopyStream(&reader);
  }
  incoming_.Clear();
  if (parsed) {
    session_->OnRead(std::move(request));
  } else {
    session_->OnUnreadable();
  }
}

void StreamReactor::OnWriteDone(bool ok) { session_->OnWritten(ok); }

void StreamReactor::OnCancel() { session_->OnCancelled(); }

void StreamReactor::OnDone() {
  const std::function<void()> on_done = on_done_;
  delete this;
  on_done();
}

RefusedStream::RefusedStream(const absl::Status& status) { Finish(ToGrpcStatus(status)); }

}  // namespace egi::ingest
