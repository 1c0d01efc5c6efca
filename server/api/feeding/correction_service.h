// Corrections of the next dose.
#ifndef EGI_SERVER_API_FEEDING_CORRECTION_SERVICE_H_
#define EGI_SERVER_API_FEEDING_CORRECTION_SERVICE_H_

#include "egi/feeding/v1/correction.grpc.pb.h"
#include "server/api/calls.h"
#include "server/storage/read/curve_reader.h"
#include "server/storage/write/curve_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class CorrectionService final : public feeding::v1::CorrectionService::CallbackService {
 public:
  CorrectionService(storage::read::CurveReader& reader, storage::write::CurveStore& store, Calls calls) : reader_(reader), store_(store), calls_(calls) {}

  grpc::ServerUnaryReactor* ListCorrections(grpc::CallbackServerContext* context, const feeding::v1::ListCorrectionsRequest* request,
                                            feeding::v1::ListCorrectionsResponse* response) override;
  grpc::ServerUnaryReactor* AnswerCorrection(grpc::CallbackServerContext* context, const feeding::v1::AnswerCorrectionRequest* request,
                                             feeding::v1::DoseCorrection* response) override;
  grpc::ServerUnaryReactor* GetCorrectionStats(grpc::CallbackServerContext* context, const feeding::v1::GetCorrectionStatsRequest* request,
                                               feeding::v1::CorrectionStats* response) override;

 private:
  storage::read::CurveReader& reader_;
  storage::write::CurveStore& store_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_CORRECTION_SERVICE_H_
