// What an ingestion stream stands on: its transport and what it shares with the other streams of its lane.
#ifndef EGI_SERVER_INGEST_STREAM_ENVIRONMENT_H_
#define EGI_SERVER_INGEST_STREAM_ENVIRONMENT_H_

#include "absl/status/status.h"
#include "ingest_wire.pb.h"
#include "server/base/clock.h"
#include "server/base/worker_pool.h"
#include "server/ingest/admission_gate.h"
#include "server/ingest/command_dispatcher.h"
#include "server/ingest/lane.h"
#include "server/storage/producer_store.h"
#include "server/telemetry/log.h"
#include "server/telemetry/metrics.h"

namespace egi::ingest {

// What the session asks of the transport. Called by one thread at a time, without a lock held.
class StreamPort {
 public:
  virtual ~StreamPort() = default;
  virtual void Read() = 0;
  virtual void Write(wire::Response response) = 0;
  // The last call. The port may be gone when it returns.
  virtual void Finish(const absl::Status& status) = 0;
};

// What every session of a lane shares; all of it outlives the sessions.
struct StreamEnvironment {
  Lane* lane = nullptr;
  storage::ProducerStore* producers = nullptr;
  WorkerPool* pool = nullptr;  // for OpenProducer
  AdmissionGate* gate = nullptr;
  const Clock* clock = nullptr;
  telemetry::Metrics* metrics = nullptr;
  const telemetry::Log* log = nullptr;
  int max_outstanding = 4000;  // items
  CommandDispatcher* commands = nullptr;  // null: streams of this lane carry none
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_STREAM_ENVIRONMENT_H_
