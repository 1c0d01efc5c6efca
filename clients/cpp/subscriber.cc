#include "clients/cpp/subscriber.h"

#include <chrono>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"

namespace egi::client {
namespace {

using egi::realtime::v1::SubscribeRequest;
using egi::realtime::v1::SubscribeResponse;

// Errors that a new attempt may mend.
bool MayRetry(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
      return true;
    default:
      return false;
  }
}

}  // namespace

Subscriber::Subscriber(SubscriberOptions options, SubscriberCallbacks callbacks, std::unique_ptr<EventConnection> connection)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      connection_(std::move(connection)),
      backoff_(options_.backoff, options_.random) {}

absl::StatusOr<std::unique_ptr<Subscriber>> Subscriber::Create(SubscriberOptions options, SubscriberCallbacks callbacks,
                                                               std::unique_ptr<EventConnection> connection) {
  if (connection == nullptr && options.server.empty()) return absl::InvalidArgumentError("subscriber options: server: HOST:PORT is missing");
  if (!callbacks.on_event) return absl::InvalidArgumentError("subscriber: on_event is missing");
  if (connection == nullptr) connection = MakeEventConnection(options.server);
  if (!options.random) {
    options.random = [engine = std::mt19937_64(std::random_device{}())]() mutable { return std::uniform_real_distribution<double>(0, 1)(engine); };
  }
  if (!options.sleeper) options.sleeper = std::make_shared<SystemSleeper>();
  std::unique_ptr<Subscriber> subscriber(new Subscriber(std::move(options), std::move(callbacks), std::move(connection)));
  {
    MutexLock lock(&subscriber->mutex_);
    subscriber->token_ = subscriber->options_.request.resume_token();
  }
  subscriber->watch_ = std::thread([s = subscriber.get()] { s->Watch(); });
  subscriber->run_ = std::thread([s = subscriber.get()] { s->Run(); });
  return subscriber;
}

Subscriber::~Subscriber() {
  Stop();
  run_.join();
  watch_.join();
}

void Subscriber::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    changed_.NotifyAll();
  }
  options_.sleeper->Wake();
}

absl::Status Subscriber::Wait() {
  MutexLock lock(&mutex_);
  while (!ended_) changed_.Wait(&mutex_);
  return result_;
}

std::string Subscriber::resume_token() const {
  MutexLock lock(&mutex_);
  return token_;
}

void Subscriber::Run() {
  absl::Status result;
  for (;;) {
    bool progressed = false;
    result = RunStream(&progressed);
    {
      MutexLock lock(&mutex_);
      if (stopping_) result = absl::OkStatus();
      if (stopping_ || !options_.reconnect || !MayRetry(result)) break;
    }
    if (progressed) backoff_.Reset();
    const absl::Duration delay = backoff_.Next();
    if (callbacks_.on_disconnected) callbacks_.on_disconnected(result, delay);
    options_.sleeper->Sleep(delay);
  }
  MutexLock lock(&mutex_);
  result_ = result;
  ended_ = true;
  changed_.NotifyAll();
}

absl::Status Subscriber::RunStream(bool* progressed) {
  SubscribeRequest request = options_.request;
  {
    MutexLock lock(&mutex_);
    request.set_resume_token(token_);
    silent_ = false;
  }
  const std::unique_ptr<EventStream> stream = connection_->Subscribe(request);
  {
    MutexLock lock(&mutex_);
    stream_ = stream.get();
    reading_ = true;
    if (stopping_) stream->Cancel();
    changed_.NotifyAll();
  }
  for (SubscribeResponse response; stream->Read(&response);) {
    {
      MutexLock lock(&mutex_);
      reading_ = false;
      ++messages_;
      if (stopping_) continue;
    }
    *progressed = true;
    Deliver(response);
    MutexLock lock(&mutex_);
    reading_ = true;
    changed_.NotifyAll();
  }
  bool silent;
  {
    MutexLock lock(&mutex_);
    stream_ = nullptr;
    reading_ = false;
    silent = silent_;
  }
  const absl::Status status = stream->Finish();
  if (silent) return absl::UnavailableError(absl::StrCat("the server said nothing for ", absl::FormatDuration(options_.silence)));
  return status.ok() ? absl::UnavailableError("the server ended the stream") : status;
}

// The token moves only after the callback returned: a process that keeps it never skips an event it did not handle.
void Subscriber::Deliver(const SubscribeResponse& response) {
  std::string token;
  switch (response.response_case()) {
    case SubscribeResponse::kEvent:
      callbacks_.on_event(response.event());
      token = response.event().resume_token();
      break;
    case SubscribeResponse::kCurrent:
      token = response.current().resume_token();
      if (callbacks_.on_current) callbacks_.on_current();
      break;
    case SubscribeResponse::kHeartbeat:
      token = response.heartbeat().resume_token();
      break;
    case SubscribeResponse::kCatchUp:
      if (callbacks_.on_catch_up) callbacks_.on_catch_up(response.catch_up().events_behind());
      break;
    case SubscribeResponse::RESPONSE_NOT_SET:
      break;
  }
  if (token.empty()) return;
  MutexLock lock(&mutex_);
  token_ = token;
}

// Cancels a stream on which nothing arrived for options_.silence while it was being read.
void Subscriber::Watch() {
  MutexLock lock(&mutex_);
  while (!ended_) {
    if (stream_ == nullptr || !reading_) {
      changed_.Wait(&mutex_);
      continue;
    }
    const EventStream* watched = stream_;
    const int64_t messages = messages_;
    const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(options_.silence);
    while (!ended_ && stream_ == watched && reading_ && messages_ == messages) {
      const auto left = deadline - std::chrono::steady_clock::now();
      if (left <= left.zero()) {
        silent_ = true;
        stream_->Cancel();
        changed_.Wait(&mutex_);
        break;
      }
      changed_.WaitFor(&mutex_, left);
    }
  }
}

}  // namespace egi::client
