// Small pieces of the protocol of egi/ingest/v1/stream.proto.
#ifndef EGI_SERVER_INGEST_PROTOCOL_H_
#define EGI_SERVER_INGEST_PROTOCOL_H_

#include <cstdint>

#include "absl/status/status.h"
#include "egi/ingest/v1/stream.pb.h"
#include "server/persist/write.h"

namespace egi::ingest {

// INVALID_ARGUMENT with every bad field of the opening message.
absl::Status CheckOpen(const v1::Open& open);

// The result of an item that was not refused.
v1::ItemResult ToResult(int64_t sequence, const persist::ItemOutcome& item);

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_PROTOCOL_H_
