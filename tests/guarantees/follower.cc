#include "tests/guarantees/follower.h"

#include "absl/time/clock.h"

namespace egi::guarantees {

Follower::Follower(const std::string& server)
    : stub_(realtime::v1::RealtimeService::NewStub(grpc::CreateChannel(server, grpc::InsecureChannelCredentials()))), thread_([this] { Follow(); }) {
  MutexLock lock(&mutex_);
  while (!current_) started_.Wait(&mutex_);
}

Follower::~Follower() {
  stop_ = true;
  {
    MutexLock lock(&mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }
  thread_.join();
}

std::vector<std::string> Follower::samples() const {
  MutexLock lock(&mutex_);
  return samples_;
}

size_t Follower::count() const {
  MutexLock lock(&mutex_);
  return samples_.size();
}

void Follower::Follow() {
  for (; !stop_; ++reconnects_) {
    ReadStream();
    if (!stop_) absl::SleepFor(absl::Milliseconds(100));
  }
}

void Follower::ReadStream() {
  auto context = std::make_shared<grpc::ClientContext>();
  {
    MutexLock lock(&mutex_);
    context_ = context;
  }
  realtime::v1::SubscribeRequest request;
  request.mutable_filter()->add_kinds(realtime::v1::EVENT_KIND_SAMPLE);
  request.set_resume_token(token_);
  const auto reader = stub_->Subscribe(context.get(), request);
  realtime::v1::SubscribeResponse response;
  while (reader->Read(&response)) {
    MutexLock lock(&mutex_);
    if (response.has_event() && !response.event().snapshot()) {
      samples_.push_back(response.event().sample().sample().sample_id());
      token_ = response.event().resume_token();
    } else if (response.has_current()) {
      token_ = response.current().resume_token();
      current_ = true;
      started_.NotifyAll();
    }
  }
  reader->Finish();
}

}  // namespace egi::guarantees
