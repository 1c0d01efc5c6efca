// Curves of lots.
#ifndef EGI_SERVER_API_FEEDING_CURVE_SERVICE_H_
#define EGI_SERVER_API_FEEDING_CURVE_SERVICE_H_

#include "egi/feeding/v1/curve.grpc.pb.h"
#include "server/api/calls.h"
#include "server/storage/read/curve_reader.h"
#include "server/storage/write/curve_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class CurveService final : public feeding::v1::CurveService::CallbackService {
 public:
  CurveService(storage::read::CurveReader& reader, storage::write::CurveStore& store, Calls calls) : reader_(reader), store_(store), calls_(calls) {}

  grpc::ServerUnaryReactor* GenerateCurve(grpc::CallbackServerContext* context, const feeding::v1::GenerateCurveRequest* request,
                                          feeding::v1::TheoreticalCurve* response) override;
  grpc::ServerUnaryReactor* GeneratePysrCurve(grpc::CallbackServerContext* context, const feeding::v1::GeneratePysrCurveRequest* request,
                                              feeding::v1::TheoreticalCurve* response) override;
  grpc::ServerUnaryReactor* CreateCurve(grpc::CallbackServerContext* context, const feeding::v1::CreateCurveRequest* request,
                                        feeding::v1::TheoreticalCurve* response) override;
  grpc::ServerUnaryReactor* ListCurves(grpc::CallbackServerContext* context, const feeding::v1::ListCurvesRequest* request,
                                       feeding::v1::ListCurvesResponse* response) override;
  grpc::ServerUnaryReactor* DecideCurve(grpc::CallbackServerContext* context, const feeding::v1::DecideCurveRequest* request,
                                        feeding::v1::TheoreticalCurve* response) override;
  grpc::ServerUnaryReactor* ListCurveChanges(grpc::CallbackServerContext* context, const feeding::v1::ListCurveChangesRequest* request,
                                             feeding::v1::ListCurveChangesResponse* response) override;
  grpc::ServerUnaryReactor* GetLotCurve(grpc::CallbackServerContext* context, const feeding::v1::GetLotCurveRequest* request,
                                        feeding::v1::TheoreticalCurve* response) override;
  grpc::ServerUnaryReactor* GetRealCurve(grpc::CallbackServerContext* context, const feeding::v1::GetLotCurveRequest* request,
                                         feeding::v1::GetRealCurveResponse* response) override;
  grpc::ServerUnaryReactor* EnterRealDose(grpc::CallbackServerContext* context, const feeding::v1::EnterRealDoseRequest* request,
                                          feeding::v1::RealDay* response) override;
  grpc::ServerUnaryReactor* GetPredictiveCurve(grpc::CallbackServerContext* context, const feeding::v1::GetLotCurveRequest* request,
                                               feeding::v1::PredictiveCurve* response) override;
  grpc::ServerUnaryReactor* GetCurveDashboard(grpc::CallbackServerContext* context, const feeding::v1::GetLotCurveRequest* request,
                                              feeding::v1::CurveDashboard* response) override;

 private:
  storage::read::CurveReader& reader_;
  storage::write::CurveStore& store_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_CURVE_SERVICE_H_
