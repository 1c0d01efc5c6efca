// The state machine of one ingestion stream, free of gRPC.
#ifndef EGI_SERVER_INGEST_STREAM_SESSION_H_
#define EGI_SERVER_INGEST_STREAM_SESSION_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ingest_wire.pb.h"
#include "server/base/mutex.h"
#include "server/ingest/command_dispatcher.h"
#include "server/ingest/stream_environment.h"

namespace egi::ingest {

// Keeps the promises of egi/ingest/v1/stream.proto: contiguous sequences, cumulative acknowledgements after commit, refusals that do not
// end the stream, no read while the client's credit is used up or an answer is unwritten, Finish exactly once and
// never with a write in flight. Thread-safe: events come from any thread; one of them at a time runs the port calls that follow (Pump).
class StreamSession : public CommandPort, public std::enable_shared_from_this<StreamSession> {
 public:
  static constexpr int kMaxBatchItems = 1000;

  StreamSession(const StreamEnvironment& environment, std::string transport, std::string trace_id);

  // Begins to read. `port` lives until it is told to Finish.
  void Start(StreamPort* port);
  // A read came back: a message, or nullopt when the client has closed its side.
  void OnRead(std::optional<wire::Request> request);
  // A message came that is not one of the protocol.
  void OnUnreadable();
  // A write came back.
  void OnWritten(bool ok);
  // The client is gone: nothing more will be read or written.
  void OnCancelled();
  // Reads no more; acknowledges what was submitted; finishes with UNAVAILABLE.
  void Drain();
  bool SendCommand(std::string command) override;

 private:
  enum class State { kAwaitingOpen, kOpening, kStreaming, kClosing, kDone };
  struct PendingBatch {
    int64_t first_sequence = 0;
    int64_t bytes = 0;
    absl::Time received;
    std::vector<std::string> items;
  };
  struct DoRead {};
  struct DoOpen {};
  struct DoAdmit {
    int64_t bytes;
  };
  struct DoBeat {
    std::string bytes;
  };
  struct DoAnswer {  // of the station, to a command
    std::string bytes;
  };
  struct DoFinish {
    absl::Status status;
  };
  using Action = std::variant<std::monostate, DoRead, DoOpen, DoAdmit, DoBeat, DoAnswer, DoFinish, PendingBatch, wire::Response>;

  static const char* Name(State state);
  void ChangeState(State next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the stream once what was submitted is acknowledged; the first call decides the status.
  void Close(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeOpen(ingest::v1::Open open) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeBatch(wire::Batch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeOutcome(int64_t first_sequence, const persist::GroupOutcome& outcome, int64_t count)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasReply() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ack_due_ || !replies_.empty(); }
  wire::Response NextReply() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Action NextAction() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Runs every action that is due, unless another thread is at it.
  void Pump();
  void Perform(Action action);
  void OpenProducer();
  void Submit(PendingBatch batch);
  void OnOpened(absl::StatusOr<storage::ProducerOffset> offset);
  void OnAdmitted(int64_t bytes);
  void Beat(const std::string& bytes);
  // Commands for `device_id` come to this stream from now on. Sockets carry none.
  void Attach(const std::string& device_id);
  void CountOutcome(const persist::GroupOutcome& outcome, int64_t count, absl::Time received) const;
  telemetry::LogFields Fields() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const StreamEnvironment env_;
  const std::string transport_;  // that of producer_, read without the lock
  StreamPort* port_ = nullptr;  // set once by Start

  Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kAwaitingOpen;
  std::string trace_id_ ABSL_GUARDED_BY(mutex_);
  persist::Producer producer_ ABSL_GUARDED_BY(mutex_);
  ingest::v1::Open open_ ABSL_GUARDED_BY(mutex_);
  bool pumping_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;  // a group was not committed: later groups cannot be acknowledged
  bool must_open_ ABSL_GUARDED_BY(mutex_) = false;
  bool ack_due_ ABSL_GUARDED_BY(mutex_) = false;
  enum class Admission { kNone, kRequested, kGranted };
  Admission admission_ ABSL_GUARDED_BY(mutex_) = Admission::kNone;
  std::optional<PendingBatch> batch_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::string> heartbeat_ ABSL_GUARDED_BY(mutex_);
  std::optional<std::string> command_result_ ABSL_GUARDED_BY(mutex_);
  std::deque<wire::Response> replies_ ABSL_GUARDED_BY(mutex_);
  int64_t taken_ ABSL_GUARDED_BY(mutex_) = 0;      // last sequence read
  int64_t committed_ ABSL_GUARDED_BY(mutex_) = 0;  // last sequence durable
  int groups_ ABSL_GUARDED_BY(mutex_) = 0;         // submitted and not answered
  absl::Time commit_time_ ABSL_GUARDED_BY(mutex_);
  absl::Status final_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_STREAM_SESSION_H_
