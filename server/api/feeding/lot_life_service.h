// What people decide about lots.
#ifndef EGI_SERVER_API_FEEDING_LOT_LIFE_SERVICE_H_
#define EGI_SERVER_API_FEEDING_LOT_LIFE_SERVICE_H_

#include "egi/feeding/v1/lot_life.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/lot_reader.h"
#include "server/storage/write/lot_life_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class LotLifeService final : public feeding::v1::LotLifeService::CallbackService {
 public:
  LotLifeService(storage::read::LotReader& lots, storage::write::LotLifeStore& store, const Clock& clock, Calls calls)
      : lots_(lots), store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* UpdateLot(grpc::CallbackServerContext* context, const feeding::v1::UpdateLotRequest* request,
                                      feeding::v1::Lot* response) override;
  grpc::ServerUnaryReactor* FinishLot(grpc::CallbackServerContext* context, const feeding::v1::FinishLotRequest* request,
                                      feeding::v1::Lot* response) override;
  grpc::ServerUnaryReactor* SlaughterLot(grpc::CallbackServerContext* context, const feeding::v1::SlaughterLotRequest* request,
                                         feeding::v1::Lot* response) override;
  grpc::ServerUnaryReactor* CancelLot(grpc::CallbackServerContext* context, const feeding::v1::CancelLotRequest* request,
                                      feeding::v1::Lot* response) override;
  grpc::ServerUnaryReactor* RestoreLot(grpc::CallbackServerContext* context, const feeding::v1::RestoreLotRequest* request,
                                       feeding::v1::Lot* response) override;
  grpc::ServerUnaryReactor* ListLotChanges(grpc::CallbackServerContext* context, const feeding::v1::ListLotChangesRequest* request,
                                           feeding::v1::ListLotChangesResponse* response) override;

 private:
  storage::read::LotReader& lots_;
  storage::write::LotLifeStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_LOT_LIFE_SERVICE_H_
