// Ingestion streams over gRPC. Each stream dials anew: a channel kept over a failure would answer from its own back-off instead of trying.
#ifndef EGI_CLIENTS_CPP_GRPC_INGEST_H_
#define EGI_CLIENTS_CPP_GRPC_INGEST_H_

#include <memory>
#include <string>

#include "clients/cpp/ingest_stream.h"

namespace egi::client {

// Streams of SampleIngestService.StreamSamples at HOST:PORT; items are serialised egi.quality.v1.Sample.
std::unique_ptr<IngestConnection> MakeSampleConnection(const std::string& server);

// Streams of MealIngestService.StreamMeals at HOST:PORT; items are serialised egi.feeding.v1.Meal.
std::unique_ptr<IngestConnection> MakeMealConnection(const std::string& server);

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_GRPC_INGEST_H_
