// Stored samples.
#ifndef EGI_SERVER_API_QUALITY_SAMPLE_SERVICE_H_
#define EGI_SERVER_API_QUALITY_SAMPLE_SERVICE_H_

#include "egi/quality/v1/record.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/sample_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class SampleService final : public quality::v1::SampleService::CallbackService {
 public:
  SampleService(storage::read::SampleReader& samples, const Clock& clock, Calls calls)
      : samples_(samples), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* GetLatestSample(grpc::CallbackServerContext* context, const quality::v1::GetLatestSampleRequest* request,
      quality::v1::SampleRecord* response) override;
  grpc::ServerUnaryReactor* ListSamples(grpc::CallbackServerContext* context, const quality::v1::ListSamplesRequest* request,
      quality::v1::ListSamplesResponse* response) override;
  grpc::ServerUnaryReactor* GetSample(grpc::CallbackServerContext* context, const quality::v1::GetSampleRequest* request,
      quality::v1::SampleRecord* response) override;

 private:
  storage::read::SampleReader& samples_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_SAMPLE_SERVICE_H_
