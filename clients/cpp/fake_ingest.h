// A server in memory for the tests of programs that use producers: pass Connect() to Producer::Create.
#ifndef EGI_CLIENTS_CPP_FAKE_INGEST_H_
#define EGI_CLIENTS_CPP_FAKE_INGEST_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "clients/cpp/ingest_stream.h"
#include "server/base/mutex.h"

namespace egi::client {

// Keeps what it is sent, acknowledges at once, checks the sequence, fences older streams. Thread-safe. The connections it made must
// end before it does.
class FakeIngestServer {
 public:
  // What becomes of an item: OK stores it, an error rejects it.
  using Verdict = std::function<absl::Status(const std::string& item)>;

  // A connection to this server.
  std::unique_ptr<IngestConnection> Connect();

  // Judges the items to come; stores everything before the first call.
  void SetVerdict(Verdict verdict);
  // False: every stream breaks with UNAVAILABLE and new ones fail, until true again.
  void SetReachable(bool reachable);
  // Breaks the open streams with this error.
  void Break(const absl::Status& why);
  // While true, items are taken and neither stored nor acknowledged.
  void SetStalled(bool stalled);

  // Stored items in order, of all producers.
  std::vector<std::string> items() const;
  // Serialised heartbeats in order.
  std::vector<std::string> heartbeats() const;
  // Sends a serialised command down every open stream; returns how many there were.
  int SendCommand(const std::string& command);
  // Serialised answers to commands, in order.
  std::vector<std::string> command_results() const;
  // Waits until `count` answers to commands are there; false after 10 s.
  bool WaitForCommandResults(size_t count) const;

  // Streams opened so far.
  int streams_opened() const;
  // Last sequence of a producer, 0 for an unknown one.
  int64_t committed(const std::string& producer_id) const;
  // Pretends the server knows the producer up to `sequence`.
  void SetCommitted(const std::string& producer_id, int64_t sequence);
  // Waits until `count` items are stored; false after 10 s.
  bool WaitForItems(size_t count) const;

 private:
  class Stream;
  class Connection;

  void End(Stream* stream, const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  mutable CondVar changed_;
  Verdict verdict_ ABSL_GUARDED_BY(mutex_);
  bool reachable_ ABSL_GUARDED_BY(mutex_) = true;
  bool stalled_ ABSL_GUARDED_BY(mutex_) = false;
  int streams_opened_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> committed_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> items_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> heartbeats_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> command_results_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_FAKE_INGEST_H_
