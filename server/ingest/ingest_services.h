// The gRPC services of the ingest stage.
#ifndef EGI_SERVER_INGEST_INGEST_SERVICES_H_
#define EGI_SERVER_INGEST_INGEST_SERVICES_H_

#include "egi/feeding/v1/meal.grpc.pb.h"
#include "egi/quality/v1/ingest.grpc.pb.h"
#include "server/ingest/meal_lane.h"
#include "server/ingest/sample_lane.h"
#include "server/ingest/stream_host.h"

namespace egi::ingest {

// StreamSamples and SubmitSample. Streams pass as bytes, see ingest_wire.proto.
class SampleIngestService final
    : public quality::v1::SampleIngestService::WithRawCallbackMethod_StreamSamples<
          quality::v1::SampleIngestService::WithCallbackMethod_SubmitSample<quality::v1::SampleIngestService::Service>> {
 public:
  // Both outlive the service.
  SampleIngestService(StreamHost* host, SampleLane* lane) : host_(host), lane_(lane) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamSamples(grpc::CallbackServerContext* context) override {
    return host_->Open(*context);
  }
  grpc::ServerUnaryReactor* SubmitSample(grpc::CallbackServerContext* context, const quality::v1::SubmitSampleRequest* request,
                                         quality::v1::SubmitSampleResponse* response) override;

 private:
  StreamHost* const host_;
  SampleLane* const lane_;
};

// StreamMeals and SubmitMeal.
class MealIngestService final
    : public feeding::v1::MealIngestService::WithRawCallbackMethod_StreamMeals<
          feeding::v1::MealIngestService::WithCallbackMethod_SubmitMeal<feeding::v1::MealIngestService::Service>> {
 public:
  // Both outlive the service.
  MealIngestService(StreamHost* host, MealLane* lane) : host_(host), lane_(lane) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamMeals(grpc::CallbackServerContext* context) override {
    return host_->Open(*context);
  }
  grpc::ServerUnaryReactor* SubmitMeal(grpc::CallbackServerContext* context, const feeding::v1::SubmitMealRequest* request,
                                       feeding::v1::SubmitMealResponse* response) override;

 private:
  StreamHost* const host_;
  MealLane* const lane_;
};

}  // namespace egi::ingest

#endif  // EGI_SERVER_INGEST_INGEST_SERVICES_H_
