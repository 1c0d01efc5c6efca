#include "server/publish/realtime_service.h"

#include <memory>
#include <string>
#include <utility>

#include "grpcpp/support/proto_buffer_reader.h"
#include "server/base/grpc_status.h"

namespace egi::publish {
namespace {

// A slice over the shared bytes: freed when the last subscriber has sent it.
grpc::ByteBuffer Share(const Frame& frame) {
  auto* owner = new Frame(frame);
  const grpc::Slice slice(const_cast<char*>((*owner)->data()), (*owner)->size(),
                          [](void* user_data) { delete static_cast<Frame*>(user_data); }, owner);
  return grpc::ByteBuffer(&slice, 1);
}

// Between a Subscription and its stream: pulls when the last write is done, finishes once, never with a write in flight. Events
// come from any thread; one of them at a time runs the calls that follow (Pump). Outlives the reactor while a wake-up is under way.
class SubscribeSession : public std::enable_shared_from_this<SubscribeSession> {
 public:
  explicit SubscribeSession(grpc::ServerWriteReactor<grpc::ByteBuffer>* reactor) : reactor_(reactor) {}

  void Start(std::shared_ptr<Subscription> subscription) {
    {
      MutexLock lock(&mutex_);
      subscription_ = std::move(subscription);
    }
    Pump();
  }
  void OnWritten(bool ok) {
    {
      MutexLock lock(&mutex_);
      state_ = ok ? State::kIdle : State::kBroken;
    }
    Pump();
  }
  void OnCancelled() {
    {
      MutexLock lock(&mutex_);
      cancelled_ = true;
    }
    Pump();
  }
  void Pump() {
    mutex_.Lock();
    again_ = true;
    if (!pumping_) {
      pumping_ = true;
      while (again_) {
        again_ = false;
        Step();
      }
      pumping_ = false;
    }
    mutex_.Unlock();
  }

 private:
  enum class State { kIdle, kWriting, kBroken, kFinished };

  // Runs at most one call of gRPC, without the lock.
  void Step() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (subscription_ == nullptr || state_ == State::kWriting || state_ == State::kFinished) return;
    if (cancelled_ || state_ == State::kBroken) return Finish(absl::CancelledError("the subscriber went away"));
    const std::shared_ptr<Subscription> subscription = subscription_;
    mutex_.Unlock();
    Frame frame;
    const Subscription::Next next = subscription->Pull(&frame);
    mutex_.Lock();
    if (next == Subscription::Next::kEnd) return Finish(subscription->status());
    if (next == Subscription::Next::kWait) return;
    outgoing_ = Share(frame);
    state_ = State::kWriting;
    mutex_.Unlock();
    reactor_->StartWrite(&outgoing_);
    mutex_.Lock();
  }
  void Finish(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    state_ = State::kFinished;
    subscription_.reset();  // it holds us by its on_ready
    mutex_.Unlock();
    reactor_->Finish(ToGrpcStatus(status));
    mutex_.Lock();
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* const reactor_;  // alive until it was told to Finish
  Mutex mutex_;
  std::shared_ptr<Subscription> subscription_ ABSL_GUARDED_BY(mutex_);
  State state_ ABSL_GUARDED_BY(mutex_) = State::kIdle;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool pumping_ ABSL_GUARDED_BY(mutex_) = false;
  bool again_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer outgoing_;
};

// Carries a SubscribeSession over gRPC's callback API; deletes itself when gRPC is done with it.
class SubscribeReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  SubscribeReactor(Hub* hub, const grpc::ByteBuffer& bytes) : hub_(hub), session_(std::make_shared<SubscribeSession>(this)) {
    realtime::v1::SubscribeRequest request;
    grpc::ByteBuffer copy(bytes);
    grpc::ProtoBufferReader reader(&copy);
    if (!reader.status().ok() || !request.ParseFromZeroCopyStream(&reader)) {
      Finish(ToGrpcStatus(InvalidFields({{"request", "cannot be read: truncated or text that is not UTF-8"}})));
      return;
    }
    auto subscription = hub_->Subscribe(request, [session = session_] { session->Pump(); });
    if (!subscription.ok()) {
      Finish(ToGrpcStatus(subscription.status()));
      return;
    }
    subscription_ = *subscription;
    session_->Start(subscription_);
  }

  void OnWriteDone(bool ok) override { session_->OnWritten(ok); }
  void OnCancel() override { session_->OnCancelled(); }
  void OnDone() override {
    if (subscription_ != nullptr) hub_->Unsubscribe(subscription_);
    delete this;
  }

 private:
  Hub* const hub_;
  const std::shared_ptr<SubscribeSession> session_;
  std::shared_ptr<Subscription> subscription_;
};

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* RealtimeService::Subscribe(grpc::CallbackServerContext* context,
                                                                       const grpc::ByteBuffer* request) {
  const auto it = context->client_metadata().find("traceparent");
  if (it != context->client_metadata().end()) {
    log_->Info("subscriber", {{"trace_id", telemetry::TraceIdOf(std::string(it->second.data(), it->second.size()))}});
  }
  return new SubscribeReactor(hub_, *request);
}

}  // namespace egi::publish
