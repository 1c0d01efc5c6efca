// Prices, and what lots cost and bring in.
#ifndef EGI_SERVER_API_SUPERVISION_FINANCE_SERVICE_H_
#define EGI_SERVER_API_SUPERVISION_FINANCE_SERVICE_H_

#include "egi/supervision/v1/finance.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/storage/supervision/finance_store.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class FinanceService final : public supervision::v1::FinanceService::CallbackService {
 public:
  FinanceService(storage::FinanceStore& store, const Clock& clock, Calls calls) : store_(store), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* ListPrices(grpc::CallbackServerContext* context, const supervision::v1::ListPricesRequest* request,
                                       supervision::v1::ListPricesResponse* response) override;
  grpc::ServerUnaryReactor* CreatePrice(grpc::CallbackServerContext* context, const supervision::v1::CreatePriceRequest* request,
                                        supervision::v1::Price* response) override;
  grpc::ServerUnaryReactor* GetIndicators(grpc::CallbackServerContext* context, const supervision::v1::GetIndicatorsRequest* request,
                                          supervision::v1::Indicators* response) override;

 private:
  storage::FinanceStore& store_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_SUPERVISION_FINANCE_SERVICE_H_
