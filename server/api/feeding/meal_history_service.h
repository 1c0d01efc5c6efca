// Every value a meal ever had.
#ifndef EGI_SERVER_API_FEEDING_MEAL_HISTORY_SERVICE_H_
#define EGI_SERVER_API_FEEDING_MEAL_HISTORY_SERVICE_H_

#include "egi/feeding/v1/meal_history.grpc.pb.h"
#include "server/api/calls.h"
#include "server/storage/read/meal_reader.h"

namespace egi::api {

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class MealHistoryService final : public feeding::v1::MealHistoryService::CallbackService {
 public:
  MealHistoryService(storage::read::MealReader& meals, Calls calls) : meals_(meals), calls_(calls) {}

  grpc::ServerUnaryReactor* GetMealHistory(grpc::CallbackServerContext* context, const feeding::v1::GetMealHistoryRequest* request,
      feeding::v1::MealHistory* response) override;

 private:
  storage::read::MealReader& meals_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_MEAL_HISTORY_SERVICE_H_
