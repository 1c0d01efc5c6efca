// SampleProducer and MealProducer: what a station, a feeder or a script uses to hand items to EGI exactly once.
#ifndef EGI_CLIENTS_CPP_PRODUCER_H_
#define EGI_CLIENTS_CPP_PRODUCER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "clients/cpp/backoff.h"
#include "clients/cpp/ingest_producer.h"
#include "clients/cpp/ingest_stream.h"
#include "clients/cpp/producer_types.h"
#include "clients/cpp/sleeper.h"
#include "clients/cpp/spool.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/ingest.pb.h"

namespace egi::client {

// How a producer is made. The fields without a default must be set.
struct ProducerOptions {
  // HOST:PORT of the server.
  std::string server;
  // Stable identity, 1..100 printable characters, one per device or program instance: a second user fences the first.
  std::string producer_id;
  // Folder of the disk spool; empty = items live in memory and those not acknowledged are lost with the process.
  std::string spool_dir;
  // Most bytes waiting for the server, on disk or in memory; at least 64 KiB.
  int64_t buffer_limit_bytes = 256 << 20;
  // What Send does at that limit.
  std::optional<WhenFull> when_full;
  SyncPolicy sync = SyncPolicy::kBeforeSend;
  // Most items sent and not acknowledged, 1..100000; the server may lower it.
  int window = 1000;
  // Most items in one message, 1..1000.
  int batch_items = 200;
  // Ask for one ItemResult per stored item (Callbacks.on_result).
  bool want_results = false;
  // No sequence across connections (egi.ingest.v1.Open.ephemeral); without spool only. Repeats are recognised by their keys.
  bool ephemeral = false;
  std::string firmware_version;
  std::string config_profile;
  std::string trace_parent;
  Backoff::Options backoff;
  // Uniform numbers in [0, 1) for the jitter; null = the machine's random device.
  std::function<double()> random;
  // Null = the machine's clock.
  std::shared_ptr<Sleeper> sleeper;
};

// Checks the options and makes the untyped producer. `connection` null = gRPC to options.server.
absl::StatusOr<std::unique_ptr<IngestProducer>> MakeIngestProducer(const ProducerOptions& options, const std::string& kind,
                                                                   IngestProducer::Callbacks callbacks,
                                                                   std::unique_ptr<IngestConnection> connection);

// Hands items of one kind to the server: in order, each at least once on the wire and exactly once in the store, through any
// number of disconnections, and (with a spool) any number of restarts of this process. Thread-safe.
//
// Send numbers the items 1, 2, 3 ... over the life of the spool (of the process without one); callbacks name that index.
// Ends by itself (every call then answers the same error) with ABORTED: another program opened the same producer id; DATA_LOSS: the
// server lost acknowledged items, or the spool is damaged; FAILED_PRECONDITION: the id was used elsewhere; INVALID_ARGUMENT and
// other refusals of the stream; OUT_OF_RANGE: three refusals of the sequence in a row. UNAVAILABLE, RESOURCE_EXHAUSTED and the like are
// retried forever.
template <typename ItemType>
class Producer {
 public:
  using Item = ItemType;
  using Options = ProducerOptions;

  // Called one at a time by the producer's threads; they may call Send with kRefuseNewest, never Close.
  struct Callbacks {
    // The server refused the item and keeps it with its reasons. Not called for a refusal whose notice a disconnection swallowed.
    std::function<void(int64_t index, const Item& item, const absl::Status& why)> on_rejected;
    // Options.want_results.
    std::function<void(int64_t index, const egi::ingest::v1::ItemResult& result)> on_result = nullptr;
    // Every change of state, with the error that caused it.
    std::function<void(ProducerState state, const absl::Status& why)> on_state = nullptr;
    // The server asks something of the station; answer with SendCommandResult, from any thread. The same command comes again after a
    // disconnection until it is answered. Samples only; a command that does not parse is not handed on.
    std::function<void(const egi::quality::v1::DeviceCommand& command)> on_command = nullptr;
  };

  // Errors: INVALID_ARGUMENT (options), those of Spool::Create. An unreachable server is no error: the producer keeps trying.
  static absl::StatusOr<std::unique_ptr<Producer>> Create(const Options& options, Callbacks callbacks = {},
                                                          std::unique_ptr<IngestConnection> connection = nullptr);

  // Keeps the item and returns its index. Errors: RESOURCE_EXHAUSTED (kRefuseNewest), INVALID_ARGUMENT (too large),
  // FAILED_PRECONDITION (closed), the error that ended the producer.
  absl::StatusOr<int64_t> Send(const Item& item) { return producer_->Send(item.SerializeAsString()); }
  // Waits until everything sent so far is acknowledged. Errors: DEADLINE_EXCEEDED, the error that ended the producer.
  absl::Status Flush(absl::Duration timeout) { return producer_->Flush(timeout); }
  // Flush, then end. Items not acknowledged stay in the spool. Errors: as Flush.
  absl::Status Close(absl::Duration timeout) { return producer_->Close(timeout); }
  // Sends a sign of life when connected; it is not kept. Samples only. Errors: UNAVAILABLE (not connected).
  absl::Status SendHeartbeat(const egi::quality::v1::DeviceHeartbeat& heartbeat) {
    static_assert(std::is_same_v<Item, egi::quality::v1::Sample>, "only streams of samples carry heartbeats");
    return producer_->SendHeartbeat(heartbeat.SerializeAsString());
  }
  // Answers a command when connected; not kept: the server asks again. Samples only. Errors: UNAVAILABLE (not connected).
  absl::Status SendCommandResult(const egi::quality::v1::CommandResult& result) {
    static_assert(std::is_same_v<Item, egi::quality::v1::Sample>, "only streams of samples carry commands");
    return producer_->SendCommandResult(result.SerializeAsString());
  }
  ProducerStats stats() const { return producer_->stats(); }

 private:
  explicit Producer(std::unique_ptr<IngestProducer> producer) : producer_(std::move(producer)) {}
  const std::unique_ptr<IngestProducer> producer_;
};

using SampleProducer = Producer<egi::quality::v1::Sample>;
using MealProducer = Producer<egi::feeding::v1::Meal>;

template <typename Item>
absl::StatusOr<std::unique_ptr<Producer<Item>>> Producer<Item>::Create(const Options& options, Callbacks callbacks,
                                                                       std::unique_ptr<IngestConnection> connection) {
  IngestProducer::Callbacks untyped{nullptr, std::move(callbacks.on_result), std::move(callbacks.on_state), nullptr};
  if (callbacks.on_rejected) {
    untyped.on_rejected = [on_rejected = std::move(callbacks.on_rejected)](int64_t index, const std::string& bytes,
                                                                           const absl::Status& why) {
      Item item;
      if (!item.ParseFromString(bytes)) item.Clear();
      on_rejected(index, item, why);
    };
  }
  if (callbacks.on_command) {
    untyped.on_command = [on_command = std::move(callbacks.on_command)](const std::string& bytes) {
      egi::quality::v1::DeviceCommand command;
      if (command.ParseFromString(bytes)) on_command(command);
    };
  }
  constexpr bool kIsSample = std::is_same_v<Item, egi::quality::v1::Sample>;
  auto producer = MakeIngestProducer(options, kIsSample ? "sample" : "meal", std::move(untyped), std::move(connection));
  if (!producer.ok()) return producer.status();
  return std::unique_ptr<Producer>(new Producer(std::move(*producer)));
}

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_PRODUCER_H_
