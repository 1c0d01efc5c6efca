// One ingestion stream to a server, free of the kind of item: what stands between the state machine of a producer and gRPC.
#ifndef EGI_CLIENTS_CPP_INGEST_STREAM_H_
#define EGI_CLIENTS_CPP_INGEST_STREAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "egi/ingest/v1/stream.pb.h"

namespace egi::client {

// A serialised egi.quality.v1.DeviceCommand.
struct IngestCommand {
  std::string bytes;
};

// Any answer of the server; monostate is an answer this client does not know.
using IngestAnswer = std::variant<std::monostate, egi::ingest::v1::Opened, egi::ingest::v1::Ack, egi::ingest::v1::Rejections,
                                  egi::ingest::v1::Results, IngestCommand>;

// A stream. One thread may write while another reads; Cancel may be called by any.
class IngestStream {
 public:
  virtual ~IngestStream() = default;
  // First message. False when the stream is broken (Finish tells why); so for all writes.
  virtual bool WriteOpen(const egi::ingest::v1::Open& open) = 0;
  // Consecutive serialised items; the first has `first_sequence`.
  virtual bool WriteBatch(int64_t first_sequence, const std::vector<std::string>& items) = 0;
  // A serialised egi.quality.v1.DeviceHeartbeat. Ignored by streams of meals.
  virtual bool WriteHeartbeat(const std::string& heartbeat) = 0;
  // A serialised egi.quality.v1.CommandResult. Ignored by streams of meals.
  virtual bool WriteCommandResult(const std::string& result) = 0;
  // Nothing more will be written.
  virtual void WritesDone() = 0;
  // Waits for the next answer. False when the stream is over.
  virtual bool Read(IngestAnswer* answer) = 0;
  // Breaks the stream.
  virtual void Cancel() = 0;
  // Why the stream is over, with google.rpc details as payloads. Once, after Read returned false or Cancel.
  virtual absl::Status Finish() = 0;
};

// Starts streams.
class IngestConnection {
 public:
  virtual ~IngestConnection() = default;
  // Never null; an unreachable server shows as a stream whose writes and reads fail.
  virtual std::unique_ptr<IngestStream> Start() = 0;
};

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_INGEST_STREAM_H_
