// Streams many items to the server and counts what became of them: the common part of `send` and `replay`.
#ifndef EGI_CLIENTS_CLI_STREAM_OUT_H_
#define EGI_CLIENTS_CLI_STREAM_OUT_H_

#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cli/session.h"
#include "clients/cpp/producer.h"
#include "server/base/mutex.h"

namespace egi::cli {

// What became of the items.
struct Outcome {
  int64_t saved = 0, duplicate = 0, corrected = 0, refused = 0, alerts = 0;
  int64_t settled() const { return saved + duplicate + corrected + refused; }
};

// {"saved":..} on one line, or a sentence.
std::string DescribeOutcome(const Outcome& outcome, bool json);

// A producer that keeps no sequence of its own: repeats are recognised by the server's ledger, so that running a command again is safe.
template <typename ItemType>
class StreamOut {
 public:
  // Told each settled item, by the producer's threads.
  using OnResult = std::function<void(int64_t index, const egi::ingest::v1::ItemResult& result)>;
  using OnRefused = std::function<void(int64_t index, const ItemType& item, const absl::Status& why)>;

  static absl::StatusOr<std::unique_ptr<StreamOut>> Create(const Session& session, const std::string& command, OnResult on_result, OnRefused on_refused);

  absl::Status Send(const ItemType& item) { return producer_->Send(item).status(); }
  // Gives up when the server is away for `patience` without progress; `each` is called a few times a second with the outcome so far.
  absl::Status Finish(absl::Duration patience, const std::function<void(const Outcome&)>& each);
  Outcome outcome() const {
    MutexLock lock(&mutex_);
    return outcome_;
  }

 private:
  StreamOut() = default;

  mutable Mutex mutex_;
  Outcome outcome_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<client::Producer<ItemType>> producer_;  // Last: its threads use the members above.
};

template <typename ItemType>
absl::StatusOr<std::unique_ptr<StreamOut<ItemType>>> StreamOut<ItemType>::Create(const Session& session, const std::string& command,
                                                                                 OnResult on_result, OnRefused on_refused) {
  std::unique_ptr<StreamOut> stream(new StreamOut());
  client::ProducerOptions options;
  options.server = session.server;
  options.producer_id = absl::StrCat("egictl-", command, "-", getpid());
  options.ephemeral = true;
  options.want_results = true;
  options.when_full = client::WhenFull::kBlock;
  options.buffer_limit_bytes = 16 << 20;
  options.backoff.max = absl::Seconds(2);
  typename client::Producer<ItemType>::Callbacks callbacks;
  callbacks.on_result = [s = stream.get(), on_result](int64_t index, const egi::ingest::v1::ItemResult& result) {
    {
      MutexLock lock(&s->mutex_);
      s->outcome_.alerts += result.alerts_opened();
      switch (result.status()) {
        case egi::ingest::v1::ITEM_STATUS_DUPLICATE:
          ++s->outcome_.duplicate;
          break;
        case egi::ingest::v1::ITEM_STATUS_CORRECTED:
          ++s->outcome_.corrected;
          break;
        default:
          ++s->outcome_.saved;
      }
    }
    if (on_result) on_result(index, result);
  };
  callbacks.on_rejected = [s = stream.get(), on_refused](int64_t index, const ItemType& item, const absl::Status& why) {
    {
      MutexLock lock(&s->mutex_);
      ++s->outcome_.refused;
    }
    if (on_refused) on_refused(index, item, why);
  };
  auto producer = client::Producer<ItemType>::Create(options, std::move(callbacks));
  if (!producer.ok()) return producer.status();
  stream->producer_ = std::move(*producer);
  return stream;
}

template <typename ItemType>
absl::Status StreamOut<ItemType>::Finish(absl::Duration patience, const std::function<void(const Outcome&)>& each) {
  absl::Status status = absl::DeadlineExceededError("");
  int64_t acked = -1;
  for (absl::Duration idle; absl::IsDeadlineExceeded(status) && idle < patience; idle += absl::Milliseconds(200)) {
    status = producer_->Flush(absl::Milliseconds(200));
    if (each) each(outcome());
    const client::ProducerStats stats = producer_->stats();
    if (stats.acked != acked) idle = absl::ZeroDuration();
    acked = stats.acked;
  }
  if (!status.ok()) return absl::IsDeadlineExceeded(status) ? absl::UnavailableError(std::string(status.message())) : status;
  return producer_->Close(absl::Seconds(10));
}

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_STREAM_OUT_H_
