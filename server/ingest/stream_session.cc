#include "server/ingest/stream_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"
#include "server/ingest/protocol.h"

namespace egi::ingest {
StreamSession::StreamSession(const StreamEnvironment& environment, std::string transport, std::string trace_id)
    : env_(environment), transport_(transport), trace_id_(std::move(trace_id)) {
  producer_.transport = std::move(transport);
}

const char* StreamSession::Name(State state) {
  switch (state) {
    case State::kAwaitingOpen: return "awaiting_open";
    case State::kOpening: return "opening";
    case State::kStreaming: return "streaming";
    case State::kClosing: return "closing";
    case State::kDone: return "done";
  }
  return "unknown";
}

telemetry::LogFields StreamSession::Fields() const {
  return {{"kind", env_.lane->kind()}, {"producer", producer_.id}, {"trace_id", trace_id_}};
}

void StreamSession::ChangeState(State next) {
  telemetry::LogFields fields = Fields();
  fields.emplace_back("from", Name(state_));
  fields.emplace_back("to", Name(next));
  fields.emplace_back("committed", absl::StrCat(committed_));
  state_ = next;
  if (next == State::kDone && !final_status_.ok()) {
    fields.emplace_back("status", final_status_.ToString(absl::StatusToStringMode::kWithNoExtraData));
    env_.log->Info("stream ended", fields);
  } else {
    env_.log->Debug("stream state", fields);
  }
}

void StreamSession::Close(const absl::Status& status) {
  if (state_ == State::kClosing || state_ == State::kDone) return;
  final_status_ = status;
  ChangeState(State::kClosing);
}

void StreamSession::Start(StreamPort* port) {
  port_ = port;
  Pump();
}

void StreamSession::OnRead(std::optional<wire::Request> request) {
  {
    MutexLock lock(&mutex_);
    reading_ = false;
    if (state_ == State::kClosing || state_ == State::kDone || draining_) {
      // The client is told by the status that this was not taken.
    } else if (!request.has_value()) {
      Close(state_ == State::kAwaitingOpen ? InvalidFields({{"open", "must be the first message of the stream"}})
                                           : absl::OkStatus());
    } else if (request->has_open()) {
      TakeOpen(std::move(*request->mutable_open()));
    } else if (state_ == State::kAwaitingOpen) {
      Close(InvalidFields({{"open", "must be the first message of the stream"}}));
    } else if (request->has_batch()) {
      TakeBatch(request->mutable_batch());
    } else if (request->request_case() == wire::Request::kHeartbeat) {
      heartbeat_ = std::move(*request->mutable_heartbeat());
    } else if (request->request_case() == wire::Request::kCommandResult) {
      command_result_ = std::move(*request->mutable_command_result());
    } else {
      Close(InvalidFields({{"request", "must be open, batch, heartbeat or command_result"}}));
    }
  }
  Pump();
}

void StreamSession::OnUnreadable() {
  {
    MutexLock lock(&mutex_);
    reading_ = false;
    Close(InvalidFields({{"request", "is not a readable message of this stream (truncated, or text that is not UTF-8)"}}));
  }
  Pump();
}

void StreamSession::TakeOpen(v1::Open open) {
  if (state_ != State::kAwaitingOpen) {
    Close(InvalidFields({{"open", "must be sent only once, as the first message"}}));
    return;
  }
  if (const absl::Status status = CheckOpen(open); !status.ok()) {
    Close(status);
    return;
  }
  open_ = std::move(open);
  producer_.id = open_.producer_id();
  producer_.ephemeral = open_.ephemeral();
  if (const std::string trace_id = telemetry::TraceIdOf(open_.trace_parent()); !trace_id.empty()) trace_id_ = trace_id;
  must_open_ = true;
  ChangeState(State::kOpening);
}

void StreamSession::TakeBatch(wire::Batch* batch) {
  const int64_t first = batch->first_sequence();
  const int64_t count = batch->items_size();
  if (first < 1) return Close(InvalidFields({{"batch.first_sequence", absl::StrCat("is ", first, ", must be at least 1")}}));
  if (count < 1 || count > kMaxBatchItems) {
    return Close(InvalidFields({{"batch", absl::StrCat("holds ", count, " items, must hold 1 to ", kMaxBatchItems)}}));
  }
  if (first > taken_ + 1) {
    return Close(WithErrorInfo(
        absl::OutOfRangeError(absl::StrCat("gap in the sequence: expected ", taken_ + 1, ", got ", first,
                                           "; reopen the stream and send from opened.committed_sequence + 1")),
        "SEQUENCE_GAP", {{"expected_sequence", absl::StrCat(taken_ + 1)}}));
  }
  const int64_t resent = std::min(taken_ + 1 - first, count);
  env_.metrics->CountItems(env_.lane->kind(), "resent", resent);
  if (resent == count) {
    // Known already: acknowledged again when durable; what is in flight is acknowledged by its own commit.
    if (committed_ > 0) ack_due_ = true;
    return;
  }
  PendingBatch pending;
  pending.first_sequence = first + resent;
  pending.received = env_.clock->Now();
  for (int64_t i = resent; i < count; ++i) {
    pending.items.push_back(std::move(*batch->mutable_items(static_cast<int>(i))));
    pending.bytes += static_cast<int64_t>(pending.items.back().size());
  }
  taken_ = first + count - 1;
  batch_ = std::move(pending);
}

void StreamSession::OnWritten(bool ok) {
  {
    MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) cancelled_ = true;
  }
  Pump();
}

void StreamSession::OnCancelled() {
  {
    MutexLock lock(&mutex_);
    cancelled_ = true;
  }
  Pump();
}

void StreamSession::Drain() {
  {
    MutexLock lock(&mutex_);
    draining_ = true;
    if (state_ != State::kOpening) {
      Close(absl::UnavailableError("the server is shutting down; reconnect and resume after the last acknowledgement"));
    }
  }
  Pump();
}

void StreamSession::OpenProducer() {
  v1::Open open;
  {
    MutexLock lock(&mutex_);
    open = open_;
  }
  if (open.ephemeral()) {
    OnOpened(storage::ProducerOffset{});
    return;
  }
  auto self = shared_from_this();
  const bool posted = env_.pool->Post([self, open] {
    self->OnOpened(self->env_.producers->OpenProducer(open.producer_id(), self->env_.lane->kind(), open.firmware_version()));
  });
  if (!posted) OnOpened(Overloaded("too many streams are being opened; try again", absl::Seconds(1)));
}

void StreamSession::OnOpened(absl::StatusOr<storage::ProducerOffset> offset) {
  std::string opened;
  {
    MutexLock lock(&mutex_);
    if (!offset.ok()) {
      Close(offset.status());
    } else if (state_ == State::kOpening) {
      producer_.epoch = offset->epoch;
      committed_ = taken_ = offset->last_sequence;
      wire::Response response;
      response.mutable_opened()->set_committed_sequence(committed_);
      response.mutable_opened()->set_max_outstanding(env_.max_outstanding);
      response.mutable_opened()->set_epoch(offset->epoch);
      replies_.push_back(std::move(response));
      ChangeState(State::kStreaming);
      opened = producer_.id;
      if (draining_) Close(absl::UnavailableError("the server is shutting down; reconnect"));
    }
  }
  if (!opened.empty()) Attach(opened);  // a station opens its stream under its own id
  Pump();
}

void StreamSession::OnAdmitted(int64_t bytes) {
  bool unused = false;
  {
    MutexLock lock(&mutex_);
    unused = cancelled_ || lost_;
    admission_ = unused ? Admission::kNone : Admission::kGranted;
    if (unused) batch_.reset();
  }
  if (unused) env_.gate->Release(bytes);
  Pump();
}

void StreamSession::Submit(PendingBatch batch) {
  persist::Producer producer;
  {
    MutexLock lock(&mutex_);
    producer = producer_;
  }
  const int64_t first = batch.first_sequence;
  const int64_t count = static_cast<int64_t>(batch.items.size());
  env_.metrics->AddOutstanding(env_.lane->kind(), count);
  auto self = shared_from_this();
  auto done = [self, first, count, bytes = batch.bytes, received = batch.received](persist::GroupOutcome outcome) {
    self->env_.gate->Release(bytes);
    self->CountOutcome(outcome, count, received);
    {
      MutexLock lock(&self->mutex_);
      self->TakeOutcome(first, outcome, count);
    }
    self->Pump();
  };
  env_.lane->Submit(producer, first, std::move(batch.items), batch.received, std::move(done));
}

void StreamSession::CountOutcome(const persist::GroupOutcome& outcome, int64_t count, absl::Time received) const {
  const std::string& kind = env_.lane->kind();
  env_.metrics->AddOutstanding(kind, -count);
  if (!outcome.status.ok()) {
    env_.metrics->CountItems(kind, "lost", count);
    return;
  }
  int64_t fates[4] = {};
  for (const auto& item : outcome.items) ++fates[static_cast<int>(item.fate)];
  env_.metrics->CountItems(kind, "saved", fates[0]);
  env_.metrics->CountItems(kind, "duplicate", fates[1]);
  env_.metrics->CountItems(kind, "corrected", fates[2]);
  env_.metrics->CountItems(kind, "rejected", fates[3]);
  env_.metrics->ObserveAckLatency(kind, absl::ToDoubleSeconds(env_.clock->Now() - received));
}

void StreamSession::TakeOutcome(int64_t first, const persist::GroupOutcome& outcome, int64_t count) {
  --groups_;
  if (lost_) return;
  absl::Status status = outcome.status;
  if (status.ok() && (static_cast<int64_t>(outcome.items.size()) != count || first != committed_ + 1)) {
    status = absl::InternalError("the committer answered out of order; reconnect and resume");
  }
  if (!status.ok()) {
    lost_ = true;
    if (state_ == State::kClosing) final_status_ = status;
    Close(status);
    return;
  }
  committed_ = first + count - 1;
  commit_time_ = outcome.commit_time;
  ack_due_ = true;
  wire::Response rejections, results;
  for (int64_t i = 0; i < count; ++i) {
    const persist::ItemOutcome& item = outcome.items[static_cast<size_t>(i)];
    if (item.fate == persist::Fate::kRejected) {
      auto* rejection = rejections.mutable_rejections()->add_rejections();
      rejection->set_sequence(first + i);
      *rejection->mutable_status() = item.rejection;
    } else if (open_.want_results()) {
      *results.mutable_results()->add_results() = ToResult(first + i, item);
    }
  }
  if (rejections.has_rejections()) replies_.push_back(std::move(rejections));
  if (results.has_results()) replies_.push_back(std::move(results));
}

wire::Response StreamSession::NextReply() {
  wire::Response response;
  if (!replies_.empty()) {
    response = std::move(replies_.front());
    replies_.pop_front();
    return response;
  }
  ack_due_ = false;
  auto* ack = response.mutable_ack();
  ack->set_committed_sequence(committed_);
  if (commit_time_ != absl::Time()) ToTimestamp(commit_time_, ack->mutable_commit_time());
  return response;
}

StreamSession::Action StreamSession::NextAction() {
  if (state_ == State::kDone) return {};
  if (cancelled_) {
    if (writing_) return {};
    if (final_status_.ok()) final_status_ = absl::CancelledError("the client went away");
    ChangeState(State::kDone);
    return DoFinish{final_status_};
  }
  if (must_open_) {
    must_open_ = false;
    return DoOpen{};
  }
  if (!writing_ && HasReply()) {
    writing_ = true;
    return NextReply();
  }
  if (batch_.has_value() && admission_ == Admission::kNone && !lost_) {
    admission_ = Admission::kRequested;
    return DoAdmit{batch_->bytes};
  }
  if (batch_.has_value() && admission_ == Admission::kGranted) {
    admission_ = Admission::kNone;
    ++groups_;
    PendingBatch batch = std::move(*batch_);
    batch_.reset();
    return batch;
  }
  if (heartbeat_.has_value()) {
    DoBeat beat{std::move(*heartbeat_)};
    heartbeat_.reset();
    return beat;
  }
  if (command_result_.has_value()) {
    DoAnswer answer{std::move(*command_result_)};
    command_result_.reset();
    return answer;
  }
  if (state_ == State::kClosing) {
    if (writing_ || HasReply() || (!lost_ && (groups_ > 0 || batch_.has_value()))) return {};
    ChangeState(State::kDone);
    return DoFinish{final_status_};
  }
  const bool may_read = state_ == State::kAwaitingOpen || state_ == State::kStreaming;
  if (may_read && !reading_ && !batch_.has_value() && !HasReply() && taken_ - committed_ < env_.max_outstanding) {
    reading_ = true;
    return DoRead{};
  }
  return {};
}

void StreamSession::Pump() {
  auto self = shared_from_this();  // Finish may drop the last other reference
  mutex_.Lock();
  if (!pumping_) {
    pumping_ = true;
    while (true) {
      Action action = NextAction();
      if (std::holds_alternative<std::monostate>(action)) break;
      mutex_.Unlock();
      Perform(std::move(action));
      mutex_.Lock();
    }
    pumping_ = false;
  }
  mutex_.Unlock();
}

void StreamSession::Perform(Action action) {
  if (std::holds_alternative<DoRead>(action)) {
    port_->Read();
  } else if (std::holds_alternative<DoOpen>(action)) {
    OpenProducer();
  } else if (auto* admit = std::get_if<DoAdmit>(&action)) {
    env_.gate->Acquire(admit->bytes, [self = shared_from_this(), bytes = admit->bytes] { self->OnAdmitted(bytes); });
  } else if (auto* beat = std::get_if<DoBeat>(&action)) {
    Beat(beat->bytes);
  } else if (auto* answer = std::get_if<DoAnswer>(&action)) {
    const absl::Status status = env_.lane->CommandResult(answer->bytes, env_.clock->Now());
    if (!status.ok()) {
      MutexLock lock(&mutex_);
      Close(status);
    }
  } else if (auto* batch = std::get_if<PendingBatch>(&action)) {
    Submit(std::move(*batch));
  } else if (auto* response = std::get_if<wire::Response>(&action)) {
    port_->Write(std::move(*response));
  } else if (auto* finish = std::get_if<DoFinish>(&action)) {
    port_->Finish(finish->status);
  }
}

}  // namespace egi::ingest
