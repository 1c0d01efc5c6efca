// Follows the live feed through every disconnection.
#ifndef EGI_CLIENTS_CPP_SUBSCRIBER_H_
#define EGI_CLIENTS_CPP_SUBSCRIBER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cpp/backoff.h"
#include "clients/cpp/event_stream.h"
#include "clients/cpp/sleeper.h"
#include "egi/realtime/v1/realtime.pb.h"
#include "server/base/mutex.h"

namespace egi::client {

// How a subscriber is made.
struct SubscriberOptions {
  // HOST:PORT of the server.
  std::string server;
  // filter, resume_token (continue after it), latest_only, skip_snapshot.
  egi::realtime::v1::SubscribeRequest request;
  // A server that says nothing for so long (it promises a heartbeat every 15 s) is given up and dialled again.
  absl::Duration silence = absl::Seconds(45);
  // False: Wait returns at the first disconnection.
  bool reconnect = true;
  Backoff::Options backoff;
  // Uniform numbers in [0, 1) for the jitter; null = the machine's random device.
  std::function<double()> random;
  // Null = the machine's clock.
  std::shared_ptr<Sleeper> sleeper;
};

// Called one at a time by the subscriber's thread; they must not destroy the subscriber. Stop is allowed.
struct SubscriberCallbacks {
  // Every event once and in order; `snapshot` events first. A disconnection before the snapshot is complete starts it again.
  std::function<void(const egi::realtime::v1::Event& event)> on_event;
  // The past is complete, live events follow.
  std::function<void()> on_current;
  // This subscriber is slow and is served from the store.
  std::function<void(int events_behind)> on_catch_up;
  // Disconnected; the next attempt follows after `delay`.
  std::function<void(const absl::Status& why, absl::Duration delay)> on_disconnected;
};

// Thread-safe.
class Subscriber {
 public:
  // Starts at once; an unreachable server is no error. `connection` null = gRPC to options.server. Errors: INVALID_ARGUMENT.
  static absl::StatusOr<std::unique_ptr<Subscriber>> Create(SubscriberOptions options, SubscriberCallbacks callbacks,
                                                            std::unique_ptr<EventConnection> connection = nullptr);
  // Stops.
  ~Subscriber();

  // Waits for the end. OK after Stop; else the error that trying again cannot mend: INVALID_ARGUMENT (filter or token), OUT_OF_RANGE
  // (token too old; the message names the earliest one), PERMISSION_DENIED, UNIMPLEMENTED ...
  absl::Status Wait();
  // Ends the subscription; returns at once.
  void Stop();
  // Position up to which every matching event was delivered; empty before the first.
  std::string resume_token() const;

 private:
  Subscriber(SubscriberOptions options, SubscriberCallbacks callbacks, std::unique_ptr<EventConnection> connection);

  void Run();
  void Watch();
  absl::Status RunStream(bool* progressed);
  void Deliver(const egi::realtime::v1::SubscribeResponse& response);

  const SubscriberOptions options_;
  const SubscriberCallbacks callbacks_;
  const std::unique_ptr<EventConnection> connection_;
  Backoff backoff_;  // Run thread only.

  mutable Mutex mutex_;
  CondVar changed_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  EventStream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool silent_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t messages_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status result_ ABSL_GUARDED_BY(mutex_);

  std::thread watch_;
  std::thread run_;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_SUBSCRIBER_H_
