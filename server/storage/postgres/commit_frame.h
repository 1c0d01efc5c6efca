// What every committing transaction has in common: its connection, its batch id, the offsets of the producers, the traces of
// refused messages, and the row of event_batches that gives it its place in the order of commits.
#ifndef EGI_SERVER_STORAGE_POSTGRES_COMMIT_FRAME_H_
#define EGI_SERVER_STORAGE_POSTGRES_COMMIT_FRAME_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "egi/realtime/v1/events.pb.h"
#include "google/rpc/status.pb.h"
#include "server/base/mutex.h"
#include "server/storage/postgres/connection.h"
#include "server/storage/postgres/copy_writer.h"

namespace egi::storage {

// A step of one producer: from (first - 1) to last, under an epoch.
struct OffsetStep {
  std::string producer_id;
  int64_t epoch = 0;
  int64_t first = 0;
  int64_t last = 0;
};

// Streams (producer, epoch) that a newer one has replaced.
using FencedSet = std::set<std::pair<std::string, int64_t>>;

// A row of rejected_messages.
struct RejectedRow {
  absl::Time received;
  std::string transport, kind, producer_id, device_id, sample_id, code_lot;
  int64_t sequence = 0;
  google::rpc::Status status;   // reason and violations
  std::string payload;          // cut to 64 KiB
};

// An event kept as it was sent, because its rows may change later (alerts, states of lots).
struct PayloadRow {
  int32_t ordinal = 0;
  const realtime::v1::Event* event = nullptr;
};

// Used by one thread, but for Cancel.
class CommitFrame {
 public:
  struct Options {
    std::string url;
    std::string application_name;
    std::string kind;  // of the batches: sample, meal, ...
    std::string on_connect = "";  // SQL run once on every new connection
    // For tests: called before COMMIT is sent.
    std::function<void(int backend_pid)> before_commit = [](int) {};
  };
  struct Committed {
    int64_t commit_seq = 0;
    absl::Time time;
  };

  explicit CommitFrame(Options options) : options_(std::move(options)) {}

  // The connection, opened when needed. Errors: UNAVAILABLE.
  absl::StatusOr<Connection*> Connect();

  // BEGIN on that connection, and an id for the batch.
  absl::Status Begin();
  int64_t batch_id() const { return batch_id_; }

  // Advances the offsets of producers whose epoch and position are those told; answers the others: they are fenced.
  absl::StatusOr<FencedSet> AdvanceOffsets(const std::vector<OffsetStep>& steps);

  absl::Status WriteRejections(const std::vector<RejectedRow>& rows);
  absl::Status WritePayloads(const std::vector<PayloadRow>& rows);

  // Takes the place in the order of commits and commits. When the connection is lost during COMMIT it reconnects and finds out:
  // OK only when committed, UNAVAILABLE only when not (or, after Cancel, when it could not be learnt).
  absl::StatusOr<Committed> Commit(int64_t events, absl::Time min_time, absl::Time max_time);

  void Rollback();

  // Drops a lost connection.
  void Disconnect() { connection_.reset(); }

  void Cancel();

  CopyWriter* copy() { return &copy_; }

 private:
  absl::StatusOr<Committed> Resolve();
  bool WaitBeforeRetry(absl::Duration delay);

  const Options options_;
  std::unique_ptr<Connection> connection_;
  CopyWriter copy_;
  std::vector<int64_t> batch_ids_;  // taken from the sequence in advance
  int64_t batch_id_ = 0;
  Mutex mutex_;
  CondVar cancelled_changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace egi::storage

#endif  // EGI_SERVER_STORAGE_POSTGRES_COMMIT_FRAME_H_
