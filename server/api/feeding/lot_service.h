// Lots, their meals, and the import of campaign files.
#ifndef EGI_SERVER_API_FEEDING_LOT_SERVICE_H_
#define EGI_SERVER_API_FEEDING_LOT_SERVICE_H_

#include "egi/feeding/v1/lot.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/read/lot_reader.h"
#include "server/storage/write/lot_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class LotService final : public feeding::v1::LotService::CallbackService {
 public:
  LotService(storage::read::LotReader& lots, storage::write::LotStore& store, const Clock& clock, Calls calls)
      : lots_(lots), store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* ListLots(grpc::CallbackServerContext* context, const feeding::v1::ListLotsRequest* request,
      feeding::v1::ListLotsResponse* response) override;
  grpc::ServerUnaryReactor* GetLot(grpc::CallbackServerContext* context, const feeding::v1::GetLotRequest* request,
      feeding::v1::Lot* response) override;
  grpc::ServerUnaryReactor* CreateLot(grpc::CallbackServerContext* context, const feeding::v1::CreateLotRequest* request,
      feeding::v1::Lot* response) override;
  grpc::ServerUnaryReactor* ListDoses(grpc::CallbackServerContext* context, const feeding::v1::ListDosesRequest* request,
      feeding::v1::ListDosesResponse* response) override;
  grpc::ServerUnaryReactor* ListRecentMeals(grpc::CallbackServerContext* context, const feeding::v1::ListRecentMealsRequest* request,
      feeding::v1::ListRecentMealsResponse* response) override;
  grpc::ServerUnaryReactor* ListMealHistory(grpc::CallbackServerContext* context, const feeding::v1::ListMealHistoryRequest* request,
      feeding::v1::ListRecentMealsResponse* response) override;
  grpc::ServerUnaryReactor* ImportLots(grpc::CallbackServerContext* context, const feeding::v1::ImportLotsRequest* request,
      feeding::v1::ImportLotsResponse* response) override;

 private:
  storage::read::LotReader& lots_;
  storage::write::LotStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_LOT_SERVICE_H_
