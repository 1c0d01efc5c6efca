#include "clients/cpp/producer_types.h"

namespace egi::client {

const char* ProducerStateName(ProducerState state) {
  switch (state) {
    case ProducerState::kConnecting:
      return "connecting";
    case ProducerState::kStreaming:
      return "streaming";
    case ProducerState::kWaiting:
      return "waiting";
    case ProducerState::kFailed:
      return "failed";
    case ProducerState::kClosed:
      return "closed";
  }
  return "unknown";
}

}  // namespace egi::client
