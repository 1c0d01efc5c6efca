// When and where lots are slaughtered.
#ifndef EGI_SERVER_API_SUPERVISION_SLAUGHTER_PLAN_SERVICE_H_
#define EGI_SERVER_API_SUPERVISION_SLAUGHTER_PLAN_SERVICE_H_

#include "egi/supervision/v1/slaughter_plan.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/supervision/plan_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class SlaughterPlanService final : public supervision::v1::SlaughterPlanService::CallbackService {
 public:
  SlaughterPlanService(storage::PlanReader& reader, storage::PlanStore& store, const Clock& clock, Calls calls)
      : reader_(reader), store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* GetPlan(grpc::CallbackServerContext* context, const supervision::v1::GetPlanRequest* request,
                                    supervision::v1::SlaughterPlan* response) override;
  grpc::ServerUnaryReactor* CreateSlot(grpc::CallbackServerContext* context, const supervision::v1::CreateSlotRequest* request,
                                       supervision::v1::Slot* response) override;
  grpc::ServerUnaryReactor* GetSlot(grpc::CallbackServerContext* context, const supervision::v1::GetSlotRequest* request,
                                    supervision::v1::Slot* response) override;
  grpc::ServerUnaryReactor* AssignLot(grpc::CallbackServerContext* context, const supervision::v1::AssignLotRequest* request,
                                      supervision::v1::Slot* response) override;
  grpc::ServerUnaryReactor* RemoveLot(grpc::CallbackServerContext* context, const supervision::v1::RemoveLotRequest* request,
                                      supervision::v1::Slot* response) override;
  grpc::ServerUnaryReactor* ConfirmSlot(grpc::CallbackServerContext* context, const supervision::v1::ChangeSlotRequest* request,
                                        supervision::v1::Slot* response) override;
  grpc::ServerUnaryReactor* ReopenSlot(grpc::CallbackServerContext* context, const supervision::v1::ChangeSlotRequest* request,
                                       supervision::v1::Slot* response) override;
  grpc::ServerUnaryReactor* CancelSlot(grpc::CallbackServerContext* context, const supervision::v1::ChangeSlotRequest* request,
                                       supervision::v1::Slot* response) override;
  grpc::ServerUnaryReactor* ListSlotChanges(grpc::CallbackServerContext* context, const supervision::v1::ListSlotChangesRequest* request,
                                            supervision::v1::ListSlotChangesResponse* response) override;
  grpc::ServerUnaryReactor* ListFeederCapacity(grpc::CallbackServerContext* context, const supervision::v1::ListFeederCapacityRequest* request,
                                               supervision::v1::ListFeederCapacityResponse* response) override;

 private:
  storage::PlanReader& reader_;
  storage::PlanStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_SUPERVISION_SLAUGHTER_PLAN_SERVICE_H_
