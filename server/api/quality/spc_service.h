// Statistical process control.
#ifndef EGI_SERVER_API_QUALITY_SPC_SERVICE_H_
#define EGI_SERVER_API_QUALITY_SPC_SERVICE_H_

#include "egi/quality/v1/spc.grpc.pb.h"
#include "server/analyse/quality_references.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/spc_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class SpcService final : public quality::v1::SpcService::CallbackService {
 public:
  // `references`: the limits of a liver when a request gives none.
  SpcService(storage::read::SpcReader& reader, const analyse::QualityReferences& references, const Clock& clock, Calls calls)
      : reader_(reader), references_(references), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* GetChart(grpc::CallbackServerContext* context, const quality::v1::GetChartRequest* request,
      quality::v1::GetChartResponse* response) override;
  grpc::ServerUnaryReactor* GetCapability(grpc::CallbackServerContext* context, const quality::v1::GetCapabilityRequest* request,
      quality::v1::GetCapabilityResponse* response) override;

 private:
  storage::read::SpcReader& reader_;
  const analyse::QualityReferences references_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_QUALITY_SPC_SERVICE_H_
