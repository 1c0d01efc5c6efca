// Words shared by all producers.
#ifndef EGI_CLIENTS_CPP_PRODUCER_TYPES_H_
#define EGI_CLIENTS_CPP_PRODUCER_TYPES_H_

#include <cstdint>

#include "absl/status/status.h"

namespace egi::client {

// What Send does when the buffer has reached its limit. There is no policy that drops silently.
enum class WhenFull {
  // Send waits until the server has acknowledged enough, or the producer fails or is closed.
  kBlock,
  // Send answers RESOURCE_EXHAUSTED and keeps nothing.
  kRefuseNewest,
};

// Where a producer stands.
enum class ProducerState {
  // Starting a stream, waiting for `Opened`.
  kConnecting,
  // Streaming.
  kStreaming,
  // Waiting before the next attempt.
  kWaiting,
  // Ended by an error that trying again cannot mend.
  kFailed,
  // Ended by Close.
  kClosed,
};

// The state in lower case, e.g. "streaming".
const char* ProducerStateName(ProducerState state);

// Counters of one producer since it was created.
struct ProducerStats {
  ProducerState state = ProducerState::kConnecting;
  // Items accepted by Send.
  int64_t accepted = 0;
  // Items acknowledged by the server (stored, repeated or refused).
  int64_t acked = 0;
  // Items refused, as told to on_rejected.
  int64_t rejected = 0;
  // Items written again after a disconnection.
  int64_t resent = 0;
  // Streams opened after the first.
  int64_t reconnects = 0;
  // Items not acknowledged yet, and the bytes the buffer holds.
  int64_t buffered_items = 0;
  int64_t buffered_bytes = 0;
  // Why the last stream ended, OK while none did.
  absl::Status last_error;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_PRODUCER_TYPES_H_
