#include "clients/cpp/fake_ingest.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"

namespace egi::client {

using egi::ingest::v1::Open;

// All members are guarded by the server's mutex.
class FakeIngestServer::Stream : public IngestStream {
 public:
  explicit Stream(FakeIngestServer* server) : server_(*server) {
    MutexLock lock(&server_.mutex_);
    server_.streams_.push_back(this);
    if (!server_.reachable_) End(absl::UnavailableError("server is not reachable"));
  }

  ~Stream() override {
    MutexLock lock(&server_.mutex_);
    auto& streams = server_.streams_;
    streams.erase(std::find(streams.begin(), streams.end(), this));
  }

  bool WriteOpen(const Open& open) override {
    MutexLock lock(&server_.mutex_);
    if (over_) return false;
    for (Stream* other : server_.streams_) {
      if (other == this || other->open_.producer_id() != open.producer_id()) continue;
      server_.End(other, absl::AbortedError("a newer stream took over"));
    }
    open_ = open;
    ++server_.streams_opened_;
    committed_ = open.ephemeral() ? 0 : server_.committed_[open.producer_id()];
    egi::ingest::v1::Opened opened;
    opened.set_committed_sequence(committed_);
    opened.set_max_outstanding(1000);
    opened.set_epoch(server_.streams_opened_);
    Answer(opened);
    return true;
  }

  bool WriteBatch(int64_t first_sequence, const std::vector<std::string>& items) override {
    Verdict verdict;
    {
      MutexLock lock(&server_.mutex_);
      verdict = server_.verdict_;
    }
    std::vector<absl::Status> verdicts;  // Outside the lock: the verdict is the user's code.
    for (const std::string& item : items) verdicts.push_back(verdict ? verdict(item) : absl::OkStatus());
    MutexLock lock(&server_.mutex_);
    if (over_) return false;
    if (server_.stalled_) return true;
    if (first_sequence > committed_ + 1) {
      End(absl::OutOfRangeError(absl::StrCat("sequence ", first_sequence, " received, ", committed_ + 1, " expected")));
      return false;
    }
    egi::ingest::v1::Rejections rejections;
    egi::ingest::v1::Results results;
    for (size_t i = 0; i < items.size(); ++i) {
      const int64_t sequence = first_sequence + static_cast<int64_t>(i);
      if (sequence <= committed_) continue;
      committed_ = sequence;
      if (!verdicts[i].ok()) {
        auto* rejection = rejections.add_rejections();
        rejection->set_sequence(sequence);
        *rejection->mutable_status() = ToRpcStatus(verdicts[i]);
        continue;
      }
      server_.items_.push_back(items[i]);
      auto* result = results.add_results();
      result->set_sequence(sequence);
      result->set_status(egi::ingest::v1::ITEM_STATUS_SAVED);
    }
    if (!open_.ephemeral()) server_.committed_[open_.producer_id()] = committed_;
    if (rejections.rejections_size() > 0) Answer(rejections);
    if (open_.want_results() && results.results_size() > 0) Answer(results);
    egi::ingest::v1::Ack ack;
    ack.set_committed_sequence(committed_);
    Answer(ack);
    return true;
  }

  bool WriteHeartbeat(const std::string& heartbeat) override {
    MutexLock lock(&server_.mutex_);
    if (!over_) server_.heartbeats_.push_back(heartbeat);
    server_.changed_.NotifyAll();
    return !over_;
  }

  bool WriteCommandResult(const std::string& result) override {
    MutexLock lock(&server_.mutex_);
    if (!over_) server_.command_results_.push_back(result);
    server_.changed_.NotifyAll();
    return !over_;
  }

  void WritesDone() override {
    MutexLock lock(&server_.mutex_);
    End(absl::OkStatus());
  }

  bool Read(IngestAnswer* answer) override {
    MutexLock lock(&server_.mutex_);
    while (answers_.empty() && !over_) server_.changed_.Wait(&server_.mutex_);
    if (answers_.empty()) return false;
    *answer = std::move(answers_.front());
    answers_.pop_front();
    return true;
  }

  void Cancel() override {
    MutexLock lock(&server_.mutex_);
    End(absl::CancelledError("cancelled by the client"));
  }

  absl::Status Finish() override {
    MutexLock lock(&server_.mutex_);
    return status_;
  }

 private:
  friend class FakeIngestServer;

  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(server_.mutex_) { server_.End(this, status); }
  void Answer(IngestAnswer answer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(server_.mutex_) {
    answers_.push_back(std::move(answer));
    server_.changed_.NotifyAll();
  }

  FakeIngestServer& server_;
  Open open_;
  int64_t committed_ = 0;
  std::deque<IngestAnswer> answers_;
  bool over_ = false;
  absl::Status status_;
};

class FakeIngestServer::Connection : public IngestConnection {
 public:
  explicit Connection(FakeIngestServer* server) : server_(*server) {}
  std::unique_ptr<IngestStream> Start() override { return std::make_unique<Stream>(&server_); }

 private:
  FakeIngestServer& server_;
};

std::unique_ptr<IngestConnection> FakeIngestServer::Connect() { return std::make_unique<Connection>(this); }

void FakeIngestServer::SetVerdict(Verdict verdict) {
  MutexLock lock(&mutex_);
  verdict_ = std::move(verdict);
}

void FakeIngestServer::SetReachable(bool reachable) {
  MutexLock lock(&mutex_);
  reachable_ = reachable;
  if (reachable) return;
  for (Stream* stream : streams_) End(stream, absl::UnavailableError("server is not reachable"));
}

void FakeIngestServer::Break(const absl::Status& why) {
  MutexLock lock(&mutex_);
  for (Stream* stream : streams_) End(stream, why);
}

void FakeIngestServer::End(Stream* stream, const absl::Status& status) {
  if (!stream->over_) stream->status_ = status;
  stream->over_ = true;
  changed_.NotifyAll();
}

void FakeIngestServer::SetStalled(bool stalled) {
  MutexLock lock(&mutex_);
  stalled_ = stalled;
}

std::vector<std::string> FakeIngestServer::items() const {
  MutexLock lock(&mutex_);
  return items_;
}

std::vector<std::string> FakeIngestServer::heartbeats() const {
  MutexLock lock(&mutex_);
  return heartbeats_;
}

int FakeIngestServer::SendCommand(const std::string& command) {
  MutexLock lock(&mutex_);
  int sent = 0;
  for (Stream* stream : streams_) {
    if (stream->over_) continue;
    stream->answers_.push_back(IngestCommand{command});
    ++sent;
  }
  changed_.NotifyAll();
  return sent;
}

std::vector<std::string> FakeIngestServer::command_results() const {
  MutexLock lock(&mutex_);
  return command_results_;
}

bool FakeIngestServer::WaitForCommandResults(size_t count) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  MutexLock lock(&mutex_);
  while (command_results_.size() < count) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) return false;
    changed_.WaitFor(&mutex_, left);
  }
  return true;
}

int FakeIngestServer::streams_opened() const {
  MutexLock lock(&mutex_);
  return streams_opened_;
}

int64_t FakeIngestServer::committed(const std::string& producer_id) const {
  MutexLock lock(&mutex_);
  const auto found = committed_.find(producer_id);
  return found == committed_.end() ? 0 : found->second;
}

void FakeIngestServer::SetCommitted(const std::string& producer_id, int64_t sequence) {
  MutexLock lock(&mutex_);
  committed_[producer_id] = sequence;
}

bool FakeIngestServer::WaitForItems(size_t count) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  MutexLock lock(&mutex_);
  while (items_.size() < count) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= left.zero()) return false;
    changed_.WaitFor(&mutex_, left);
  }
  return true;
}

}  // namespace egi::client
