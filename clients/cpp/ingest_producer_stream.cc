// The part of IngestProducer that talks to the server: one stream after another.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cpp/ingest_producer.h"
#include "google/rpc/error_details.pb.h"
#include "server/base/rich_status.h"

namespace egi::client {
namespace {

using egi::ingest::v1::Ack;
using egi::ingest::v1::Opened;
using egi::ingest::v1::Rejections;
using egi::ingest::v1::Results;

constexpr size_t kBatchBytes = 1 << 20;
constexpr int kMostOutOfRange = 3;

// Delay the server asks for in google.rpc.RetryInfo, zero without.
absl::Duration RetryDelay(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload("type.googleapis.com/google.rpc.RetryInfo");
  google::rpc::RetryInfo info;
  if (!payload || !info.ParseFromString(std::string(*payload))) return absl::ZeroDuration();
  const auto& delay = info.retry_delay();
  return absl::Seconds(delay.seconds()) + absl::Nanoseconds(delay.nanos());
}

// Inside this file CANCELLED stands for "the stream is broken, Finish tells why": cancelling such a stream would hide the reason.
bool IsOwnError(const absl::Status& status) { return !status.ok() && !absl::IsCancelled(status); }

}  // namespace

void IngestProducer::Run() {
  for (;;) {
    ChangeState(ProducerState::kConnecting, absl::OkStatus());
    absl::Status status = RunStream();
    {
      MutexLock lock(&mutex_);
      if (closing_) break;
    }
    if (!MayRetry(&status)) {
      ChangeState(ProducerState::kFailed, status);
      break;
    }
    ChangeState(ProducerState::kWaiting, status);
    options_.sleeper->Sleep(backoff_.Next(RetryDelay(status)));
  }
  bool failed;
  {
    MutexLock lock(&mutex_);
    failed = state_ == ProducerState::kFailed;
  }
  if (!failed) ChangeState(ProducerState::kClosed, absl::OkStatus());
  MutexLock lock(&mutex_);
  run_ended_ = true;
  changed_.NotifyAll();
}

absl::Status IngestProducer::RunStream() {
  const std::unique_ptr<IngestStream> stream = connection_->Start();
  {
    MutexLock lock(&mutex_);
    stream_ = stream.get();
    stream_over_ = false;
    if (closing_) stream->Cancel();
  }
  absl::Status error = OpenStream(stream.get());
  if (error.ok()) {
    ChangeState(ProducerState::kStreaming, absl::OkStatus());
    std::thread reader([this, &stream] { ReadLoop(stream.get()); });
    error = WriteLoop(stream.get());
    if (IsOwnError(error)) stream->Cancel();
    reader.join();
  } else if (IsOwnError(error)) {
    stream->Cancel();
  }
  absl::Status finished = stream->Finish();
  MutexLock lock(&mutex_);
  stream_ = nullptr;
  if (fatal_.ok() && IsOwnError(error)) fatal_ = error;
  if (!fatal_.ok()) return fatal_;
  return finished.ok() ? absl::UnavailableError("the server ended the stream") : finished;
}

absl::Status IngestProducer::OpenStream(IngestStream* stream) {
  IngestAnswer answer;
  if (!stream->WriteOpen(options_.open) || !stream->Read(&answer)) return absl::CancelledError("stream broke");
  const auto* opened = std::get_if<Opened>(&answer);
  if (opened == nullptr) return absl::InternalError("the server's first answer is not `opened`: is it an EGI server of this version?");
  return Resume(*opened);
}

absl::Status IngestProducer::Resume(const Opened& opened) {
  const std::string& id = options_.open.producer_id();
  const int64_t committed = opened.committed_sequence();
  int64_t acked;
  {
    MutexLock lock(&mutex_);
    acked = acked_index_;
  }
  if (options_.open.ephemeral()) {
    if (absl::Status status = buffer_->Bind(committed - acked); !status.ok()) return status;
  } else if (!buffer_->base()) {
    if (absl::Status status = buffer_->Bind(committed); !status.ok()) return status;
  }
  const int64_t base = *buffer_->base();
  const int64_t index = committed - base, dropped = buffer_->first_index() - 1, last = buffer_->last_index();
  if (index < dropped) {
    return absl::DataLossError(absl::StrCat(
        "the server holds producer '", id, "' up to sequence ", committed, ", but had acknowledged up to ", base + dropped, " and ",
        dropped - index, " of those items are no longer in the spool: the server lost them (an older backup?). Restore the server, or start ",
        "a new producer id with a new spool"));
  }
  if (index > last) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the server holds producer '", id, "' up to sequence ", committed, ", but this producer issued only up to ", base + last,
        ": another program uses the same producer id, or the spool was restored from a copy. Use a new producer id and a new spool"));
  }
  if (absl::Status status = buffer_->DropThrough(index); !status.ok()) return status;
  MutexLock lock(&mutex_);
  if (opened_once_) {
    ++stats_.reconnects;
    stats_.resent += std::max<int64_t>(0, next_index_ - 1 - index);
  }
  opened_once_ = true;
  stats_.acked += std::max<int64_t>(0, index - std::max(acked_index_, dropped));
  base_ = base;
  acked_index_ = index;
  next_index_ = index + 1;
  in_flight_.clear();
  command_results_.clear();  // the server sends again what it has no answer to
  window_ = opened.max_outstanding() > 0 ? std::min(options_.window, opened.max_outstanding()) : options_.window;
  if (index == last) backoff_.Reset();
  changed_.NotifyAll();
  return absl::OkStatus();
}

absl::Status IngestProducer::WriteLoop(IngestStream* stream) {
  for (;;) {
    std::optional<std::string> heartbeat;
    std::deque<std::string> results;
    int64_t index = 0;
    int room = 0;
    {
      MutexLock lock(&mutex_);
      for (;;) {
        if (stream_over_) return absl::OkStatus();
        if (closing_) break;
        heartbeat = std::exchange(heartbeat_, std::nullopt);
        results = std::exchange(command_results_, {});
        index = next_index_;
        room = next_index_ <= last_index_ ? window_ - static_cast<int>(in_flight_.size()) : 0;
        if (heartbeat || !results.empty() || room > 0) break;
        changed_.Wait(&mutex_);
      }
      if (closing_) {
        heartbeat.reset();
        room = -1;
      }
    }
    if (room < 0) {
      stream->WritesDone();
      return absl::OkStatus();
    }
    if (!WriteSigns(stream, heartbeat, results)) return absl::CancelledError("stream broke");
    if (room == 0) continue;
    if (absl::Status status = WriteBatch(stream, index, room); !status.ok()) return status;
  }
}

bool IngestProducer::WriteSigns(IngestStream* stream, const std::optional<std::string>& heartbeat, const std::deque<std::string>& results) {
  for (const std::string& result : results) {
    if (!stream->WriteCommandResult(result)) return false;
  }
  return !heartbeat || stream->WriteHeartbeat(*heartbeat);
}

absl::Status IngestProducer::WriteBatch(IngestStream* stream, int64_t index, int room) {
  std::vector<std::string> items;
  absl::Status status = buffer_->Sync();
  if (status.ok()) status = buffer_->Read(index, std::min(room, options_.batch_items), kBatchBytes, &items);
  if (!status.ok()) return status;
  if (items.empty()) return absl::OkStatus();
  int64_t sequence;
  {
    MutexLock lock(&mutex_);
    sequence = base_ + index;
    next_index_ = index + static_cast<int64_t>(items.size());
    in_flight_.insert(in_flight_.end(), items.begin(), items.end());
  }
  return stream->WriteBatch(sequence, items) ? absl::OkStatus() : absl::CancelledError("stream broke");
}

void IngestProducer::ReadLoop(IngestStream* stream) {
  IngestAnswer answer;
  while (stream->Read(&answer)) {
    if (const auto* ack = std::get_if<Ack>(&answer)) {
      if (absl::Status status = OnAck(*ack); !status.ok()) {
        MutexLock lock(&mutex_);
        fatal_ = status;
        stream->Cancel();
      }
    } else if (const auto* rejections = std::get_if<Rejections>(&answer)) {
      OnRejections(*rejections);
    } else if (const auto* results = std::get_if<Results>(&answer)) {
      OnResults(*results);
    } else if (const auto* command = std::get_if<IngestCommand>(&answer)) {
      if (callbacks_.on_command) callbacks_.on_command(command->bytes);
    }
  }
  MutexLock lock(&mutex_);
  stream_over_ = true;
  changed_.NotifyAll();
}

absl::Status IngestProducer::OnAck(const Ack& ack) {
  int64_t index;
  {
    MutexLock lock(&mutex_);
    index = ack.committed_sequence() - base_;
    if (index >= next_index_) {
      return absl::InternalError(absl::StrCat("the server acknowledged sequence ", ack.committed_sequence(), ", which was not sent"));
    }
    if (index <= acked_index_) return absl::OkStatus();
  }
  if (absl::Status status = buffer_->DropThrough(index); !status.ok()) return status;
  MutexLock lock(&mutex_);
  in_flight_.erase(in_flight_.begin(), in_flight_.begin() + (index - acked_index_));
  stats_.acked += index - acked_index_;
  acked_index_ = index;
  out_of_range_in_a_row_ = 0;
  backoff_.Reset();
  changed_.NotifyAll();
  return absl::OkStatus();
}

void IngestProducer::OnRejections(const Rejections& rejections) {
  for (const auto& rejection : rejections.rejections()) {
    int64_t index;
    std::string item;
    {
      MutexLock lock(&mutex_);
      index = rejection.sequence() - base_;
      const int64_t place = index - acked_index_ - 1;
      if (place >= 0 && place < static_cast<int64_t>(in_flight_.size())) item = in_flight_[place];
      ++stats_.rejected;
    }
    if (callbacks_.on_rejected) callbacks_.on_rejected(index, item, FromRpcStatus(rejection.status()));
  }
}

void IngestProducer::OnResults(const Results& results) {
  if (!callbacks_.on_result) return;
  int64_t base;
  {
    MutexLock lock(&mutex_);
    base = base_;
  }
  for (const auto& result : results.results()) callbacks_.on_result(result.sequence() - base, result);
}

bool IngestProducer::MayRetry(absl::Status* status) {
  const std::string& id = options_.open.producer_id();
  MutexLock lock(&mutex_);
  if (!fatal_.ok()) return false;
  switch (status->code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kResourceExhausted:
      return true;
    case absl::StatusCode::kOutOfRange:
      // Resuming from Opened mends a gap; a gap that comes back at once is a defect of one side.
      if (++out_of_range_in_a_row_ < kMostOutOfRange) return true;
      *status = absl::OutOfRangeError(absl::StrCat("the server refused the sequence of producer '", id, "' ", kMostOutOfRange,
                                                   " times in a row: ", std::string(status->message())));
      break;
    case absl::StatusCode::kAborted:
      *status = absl::AbortedError(absl::StrCat("another program opened the stream of producer '", id,
                                                "' and took over; stop one of the two or give it another producer id (",
                                                std::string(status->message()), ")"));
      break;
    default:
      break;
  }
  fatal_ = *status;
  return false;
}

void IngestProducer::ChangeState(ProducerState state, const absl::Status& why) {
  {
    MutexLock lock(&mutex_);
    state_ = state;
    if (!why.ok()) last_error_ = why;
    changed_.NotifyAll();
  }
  if (callbacks_.on_state) callbacks_.on_state(state, why);
}

}  // namespace egi::client
