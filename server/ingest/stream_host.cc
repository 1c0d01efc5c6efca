#include "server/ingest/stream_host.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/ingest/stream_reactor.h"

namespace egi::ingest {
namespace {

constexpr char kDraining[] = "the server is shutting down; reconnect in a moment";

std::string Metadata(const grpc::CallbackServerContext& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find(key);
  return it == metadata.end() ? std::string() : std::string(it->second.data(), it->second.size());
}

}  // namespace

std::string TransportOf(const grpc::CallbackServerContext& context) {
  const std::string transport = Metadata(context, "egi-transport");
  return transport == "ws" || transport == "rest" ? transport : "grpc";
}

std::string IdempotencyKeyOf(const grpc::CallbackServerContext& context) { return Metadata(context, "idempotency-key"); }

std::string TraceIdOf(const grpc::CallbackServerContext& context) {
  return telemetry::TraceIdOf(Metadata(context, "traceparent"));
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamHost::Open(const grpc::CallbackServerContext& context) {
  auto session = std::make_shared<StreamSession>(env_, TransportOf(context), TraceIdOf(context));
  {
    MutexLock lock(&mutex_);
    if (draining_) return new RefusedStream(absl::UnavailableError(kDraining));
    if (static_cast<int>(sessions_.size()) >= max_streams_) {
      return new RefusedStream(
          Overloaded(absl::StrCat("the server holds its limit of ", max_streams_, " streams; try again"), absl::Seconds(5)));
    }
    sessions_.insert(session);
  }
  env_.metrics->AddStreams(env_.lane->kind(), 1);
  auto* reactor = new StreamReactor(session, [this, session] { Remove(session); });
  session->Start(reactor);
  return reactor;
}

void StreamHost::Remove(const std::shared_ptr<StreamSession>& session) {
  env_.metrics->AddStreams(env_.lane->kind(), -1);
  MutexLock lock(&mutex_);
  sessions_.erase(session);
  changed_.NotifyAll();
}

absl::Status StreamHost::AdmitUnary(int64_t bytes) {
  {
    MutexLock lock(&mutex_);
    if (draining_) return absl::UnavailableError(kDraining);
  }
  if (!env_.gate->TryAcquire(bytes)) return Overloaded("the server is catching up; try again", absl::Seconds(1));
  return absl::OkStatus();
}

void StreamHost::Drain() {
  std::vector<std::shared_ptr<StreamSession>> sessions;
  {
    MutexLock lock(&mutex_);
    draining_ = true;
    sessions.assign(sessions_.begin(), sessions_.end());
  }
  for (const auto& session : sessions) session->Drain();
}

bool StreamHost::WaitUntilEmpty(absl::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  MutexLock lock(&mutex_);
  while (!sessions_.empty()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) return false;
    changed_.WaitFor(&mutex_, left);
  }
  return true;
}

}  // namespace egi::ingest
