// Advice to feeders.
#ifndef EGI_SERVER_API_FEEDING_ADVICE_SERVICE_H_
#define EGI_SERVER_API_FEEDING_ADVICE_SERVICE_H_

#include "egi/feeding/v1/advice.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/curve_reader.h"
#include "server/storage/write/curve_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class AdviceService final : public feeding::v1::AdviceService::CallbackService {
 public:
  AdviceService(storage::read::CurveReader& reader, storage::write::CurveStore& store, const Clock& clock, Calls calls)
      : reader_(reader), store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* GetRecommendedCurve(grpc::CallbackServerContext* context, const feeding::v1::GetRecommendedCurveRequest* request,
                                                feeding::v1::RecommendedCurve* response) override;
  grpc::ServerUnaryReactor* SaveRecommendedCurve(grpc::CallbackServerContext* context, const feeding::v1::SaveRecommendedCurveRequest* request,
                                                 feeding::v1::SaveRecommendedCurveResponse* response) override;
  grpc::ServerUnaryReactor* SuggestDoses(grpc::CallbackServerContext* context, const feeding::v1::SuggestDosesRequest* request,
                                         feeding::v1::SuggestDosesResponse* response) override;
  grpc::ServerUnaryReactor* ListAdvice(grpc::CallbackServerContext* context, const feeding::v1::ListAdviceRequest* request,
                                       feeding::v1::ListAdviceResponse* response) override;

 private:
  storage::read::CurveReader& reader_;
  storage::write::CurveStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_ADVICE_SERVICE_H_
