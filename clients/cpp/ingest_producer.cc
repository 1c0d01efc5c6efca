#include "clients/cpp/ingest_producer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"

namespace egi::client {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr absl::Duration kGoodbye = absl::Seconds(2);

SteadyTime DeadlineIn(absl::Duration timeout) {
  return std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(24 * 365)));
}

}  // namespace

IngestProducer::IngestProducer(Options options, Callbacks callbacks, std::unique_ptr<Buffer> buffer,
                               std::unique_ptr<IngestConnection> connection)
    : options_(std::move(options)),
      callbacks_(std::move(callbacks)),
      buffer_(std::move(buffer)),
      connection_(std::move(connection)),
      backoff_(options_.backoff, options_.random) {}

std::unique_ptr<IngestProducer> IngestProducer::Start(Options options, Callbacks callbacks, std::unique_ptr<Buffer> buffer,
                                                      std::unique_ptr<IngestConnection> connection) {
  std::unique_ptr<IngestProducer> producer(
      new IngestProducer(std::move(options), std::move(callbacks), std::move(buffer), std::move(connection)));
  {
    MutexLock lock(&producer->mutex_);
    producer->last_index_ = producer->buffer_->last_index();
    producer->acked_index_ = producer->buffer_->first_index() - 1;
    producer->next_index_ = producer->acked_index_ + 1;
  }
  producer->run_ = std::thread([p = producer.get()] { p->Run(); });
  return producer;
}

IngestProducer::~IngestProducer() {
  {
    MutexLock lock(&mutex_);
    closing_ = true;
    if (stream_ != nullptr) stream_->Cancel();
    changed_.NotifyAll();
  }
  options_.sleeper->Wake();
  if (run_.joinable()) run_.join();
}

absl::StatusOr<int64_t> IngestProducer::Send(const std::string& item) {
  for (;;) {
    int64_t acked_before;
    {
      MutexLock lock(&mutex_);
      if (state_ == ProducerState::kFailed) return fatal_;
      if (closing_) return absl::FailedPreconditionError("the producer is closed: no more items can be sent");
      acked_before = acked_index_;
    }
    const absl::StatusOr<int64_t> index = buffer_->Append(item);
    MutexLock lock(&mutex_);
    if (index.ok()) {
      last_index_ = std::max(last_index_, *index);
      ++stats_.accepted;
      changed_.NotifyAll();
      return index;
    }
    if (!absl::IsResourceExhausted(index.status()) || options_.when_full == WhenFull::kRefuseNewest) return index.status();
    // A second is the pace at which a full disk (rather than a full buffer) is tried again.
    if (acked_index_ == acked_before && !closing_ && state_ != ProducerState::kFailed) changed_.WaitFor(&mutex_, std::chrono::seconds(1));
  }
}

absl::Status IngestProducer::SendHeartbeat(const std::string& heartbeat) {
  MutexLock lock(&mutex_);
  if (state_ != ProducerState::kStreaming) return absl::UnavailableError("not connected: the heartbeat was not kept");
  heartbeat_ = heartbeat;
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Status IngestProducer::SendCommandResult(const std::string& result) {
  MutexLock lock(&mutex_);
  if (state_ != ProducerState::kStreaming) return absl::UnavailableError("not connected: the answer was not kept; the server asks again");
  command_results_.push_back(result);
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Status IngestProducer::Flush(absl::Duration timeout) {
  const SteadyTime deadline = DeadlineIn(timeout);
  MutexLock lock(&mutex_);
  const int64_t target = last_index_;
  while (acked_index_ < target) {
    if (state_ == ProducerState::kFailed) return fatal_;
    if (run_ended_) return absl::FailedPreconditionError("the producer is closed");
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) {
      return absl::DeadlineExceededError(absl::StrCat(target - acked_index_, " items are not acknowledged yet; producer is ",
                                                      ProducerStateName(state_),
                                                      last_error_.ok() ? "" : absl::StrCat(" after ", last_error_.ToString())));
    }
    changed_.WaitFor(&mutex_, left);
  }
  return absl::OkStatus();
}

absl::Status IngestProducer::Close(absl::Duration timeout) {
  const SteadyTime deadline = DeadlineIn(timeout);
  const absl::Status flushed = Flush(timeout);
  {
    MutexLock lock(&mutex_);
    closing_ = true;
    changed_.NotifyAll();
  }
  options_.sleeper->Wake();
  const SteadyTime goodbye = std::max(deadline, DeadlineIn(kGoodbye));
  {
    MutexLock lock(&mutex_);
    while (!run_ended_) {
      const auto left = goodbye - std::chrono::steady_clock::now();
      if (left <= left.zero() || !flushed.ok()) {
        if (stream_ != nullptr) stream_->Cancel();
        changed_.WaitFor(&mutex_, std::chrono::milliseconds(100));
      } else {
        changed_.WaitFor(&mutex_, left);
      }
    }
  }
  if (run_.joinable()) run_.join();
  return flushed;
}

ProducerStats IngestProducer::stats() const {
  const int64_t bytes = buffer_->bytes();
  MutexLock lock(&mutex_);
  ProducerStats stats = stats_;
  stats.state = state_;
  stats.buffered_items = last_index_ - acked_index_;
  stats.buffered_bytes = bytes;
  stats.last_error = last_error_;
  return stats;
}

}  // namespace egi::client
