// One subscription stream: what stands between a Subscriber and gRPC. Tests implement it by hand.
#ifndef EGI_CLIENTS_CPP_EVENT_STREAM_H_
#define EGI_CLIENTS_CPP_EVENT_STREAM_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "egi/realtime/v1/realtime.pb.h"

namespace egi::client {

// A stream of events.
class EventStream {
 public:
  virtual ~EventStream() = default;
  // Waits for the next message; false when the stream is over.
  virtual bool Read(egi::realtime::v1::SubscribeResponse* response) = 0;
  // Breaks the stream; by any thread.
  virtual void Cancel() = 0;
  // Why the stream is over. Once, after Read returned false.
  virtual absl::Status Finish() = 0;
};

// Starts subscriptions.
class EventConnection {
 public:
  virtual ~EventConnection() = default;
  // Never null.
  virtual std::unique_ptr<EventStream> Subscribe(const egi::realtime::v1::SubscribeRequest& request) = 0;
};

// Subscriptions over gRPC to RealtimeService at HOST:PORT.
std::unique_ptr<EventConnection> MakeEventConnection(const std::string& server);

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_EVENT_STREAM_H_
