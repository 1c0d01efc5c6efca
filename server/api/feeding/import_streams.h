// The two streams of the imports: a file in, its progress out.
#ifndef EGI_SERVER_API_FEEDING_IMPORT_STREAMS_H_
#define EGI_SERVER_API_FEEDING_IMPORT_STREAMS_H_

#include <atomic>

#include "absl/time/time.h"
#include "egi/feeding/v1/import.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/base/clock.h"
#include "server/base/worker_pool.h"
#include "server/storage/write/import_store.h"

namespace egi::api {

struct UploadLimits {
  // An upload of which nothing comes for so long is cancelled.
  absl::Duration chunk_within = absl::Seconds(60);
};

// Collects an upload, checks it and queues its import; one that stalls is cancelled. `uploads` counts those under way, `watchers` likewise. The reactors delete themselves; the rest outlives them.
grpc::ServerReadReactor<feeding::v1::CreateImportRequest>* NewImportUpload(grpc::CallbackServerContext* context, storage::write::ImportStore& store,
                                                                           const Clock& clock, const UploadLimits& limits, WorkerPool& workers,
                                                                           std::atomic<int>& uploads, feeding::v1::Import* response);

// Sends the import now, and again whenever it has changed, until it has ended.
grpc::ServerWriteReactor<feeding::v1::Import>* NewImportWatch(storage::write::ImportStore& store, WorkerPool& workers, std::atomic<int>& watchers,
                                                                int32_t import_id);

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_IMPORT_STREAMS_H_
