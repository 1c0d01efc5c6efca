// The state machine of a producer: keeps items in a Buffer, streams them in order, resumes after every disconnection.
#ifndef EGI_CLIENTS_CPP_INGEST_PRODUCER_H_
#define EGI_CLIENTS_CPP_INGEST_PRODUCER_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "clients/cpp/backoff.h"
#include "clients/cpp/buffer.h"
#include "clients/cpp/ingest_stream.h"
#include "clients/cpp/producer_types.h"
#include "clients/cpp/sleeper.h"
#include "server/base/mutex.h"

namespace egi::client {

// Works on serialised items; Producer<Traits> (producer.h) gives it types. Thread-safe. Two threads: one connects and writes, one reads.
class IngestProducer {
 public:
  struct Options {
    // producer_id, ephemeral, want_results, firmware_version, config_profile, trace_parent.
    egi::ingest::v1::Open open;
    WhenFull when_full = WhenFull::kBlock;
    int window = 1000;
    int batch_items = 200;
    Backoff::Options backoff;
    std::function<double()> random;
    std::shared_ptr<Sleeper> sleeper;
  };
  // Called by the producer's own threads, never under a lock, one at a time; they must not call Close.
  struct Callbacks {
    std::function<void(int64_t index, const std::string& item, const absl::Status& why)> on_rejected;
    std::function<void(int64_t index, const egi::ingest::v1::ItemResult& result)> on_result;
    std::function<void(ProducerState state, const absl::Status& why)> on_state;
    std::function<void(const std::string& command)> on_command;
  };

  // Starts connecting at once. A pointer is never null.
  static std::unique_ptr<IngestProducer> Start(Options options, Callbacks callbacks, std::unique_ptr<Buffer> buffer,
                                               std::unique_ptr<IngestConnection> connection);
  // Stops without waiting for acknowledgements; a spool keeps what is open.
  ~IngestProducer();

  // See Producer<Traits>.
  absl::StatusOr<int64_t> Send(const std::string& item);
  absl::Status SendHeartbeat(const std::string& heartbeat);
  absl::Status SendCommandResult(const std::string& result);
  absl::Status Flush(absl::Duration timeout);
  absl::Status Close(absl::Duration timeout);
  ProducerStats stats() const;

 private:
  IngestProducer(Options options, Callbacks callbacks, std::unique_ptr<Buffer> buffer, std::unique_ptr<IngestConnection> connection);

  void Run();
  // One stream from Start to Finish; the status tells why it ended.
  absl::Status RunStream();
  absl::Status OpenStream(IngestStream* stream);
  absl::Status Resume(const egi::ingest::v1::Opened& opened);
  absl::Status WriteLoop(IngestStream* stream);
  absl::Status WriteBatch(IngestStream* stream, int64_t index, int room);
  // Writes what is not numbered; false when the stream broke.
  bool WriteSigns(IngestStream* stream, const std::optional<std::string>& heartbeat, const std::deque<std::string>& results);
  void ReadLoop(IngestStream* stream);
  absl::Status OnAck(const egi::ingest::v1::Ack& ack);
  void OnRejections(const egi::ingest::v1::Rejections& rejections);
  void OnResults(const egi::ingest::v1::Results& results);
  // Whether a stream that ended so may be tried again; if not, the message becomes one for the user.
  bool MayRetry(absl::Status* status);
  void ChangeState(ProducerState state, const absl::Status& why);

  const Options options_;
  const Callbacks callbacks_;
  const std::unique_ptr<Buffer> buffer_;
  const std::unique_ptr<IngestConnection> connection_;
  Backoff backoff_;  // Run thread only.

  mutable Mutex mutex_;
  CondVar changed_;  // Any member below.
  ProducerState state_ ABSL_GUARDED_BY(mutex_) = ProducerState::kConnecting;
  absl::Status last_error_ ABSL_GUARDED_BY(mutex_);
  IngestStream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool stream_over_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  bool run_ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status fatal_ ABSL_GUARDED_BY(mutex_);
  int64_t last_index_ ABSL_GUARDED_BY(mutex_) = 0;   // newest item in the buffer
  int64_t next_index_ ABSL_GUARDED_BY(mutex_) = 1;   // next to write
  int64_t acked_index_ ABSL_GUARDED_BY(mutex_) = 0;  // durable at the server
  int64_t base_ ABSL_GUARDED_BY(mutex_) = 0;         // sequence = base + index
  int window_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<std::string> in_flight_ ABSL_GUARDED_BY(mutex_);  // items acked_index_ + 1 .. next_index_ - 1
  std::optional<std::string> heartbeat_ ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> command_results_ ABSL_GUARDED_BY(mutex_);  // of the present stream
  int out_of_range_in_a_row_ ABSL_GUARDED_BY(mutex_) = 0;
  ProducerStats stats_ ABSL_GUARDED_BY(mutex_);
  bool opened_once_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread run_;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_INGEST_PRODUCER_H_
