// Ingestion streams over gRPC.
#ifndef EGI_CLIENTS_CPP_GRPC_INGEST_H_
#define EGI_CLIENTS_CPP_GRPC_INGEST_H_

#include <memory>

#include "clients/cpp/ingest_stream.h"
#include "grpcpp/channel.h"

namespace egi::client {

// Streams of SampleIngestService.StreamSamples; items are serialised egi.quality.v1.Sample.
std::unique_ptr<IngestConnection> MakeSampleConnection(std::shared_ptr<grpc::Channel> channel);

// Streams of MealIngestService.StreamMeals; items are serialised egi.feeding.v1.Meal.
std::unique_ptr<IngestConnection> MakeMealConnection(std::shared_ptr<grpc::Channel> channel);

}  // namespace egi::client

#endif  // EGI_CLIENTS_CPP_GRPC_INGEST_H_
