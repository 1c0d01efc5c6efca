// Days of lots: what a gaveur enters once a day, and what is known of each day.
#ifndef EGI_SERVER_API_FEEDING_DAY_MEAL_SERVICE_H_
#define EGI_SERVER_API_FEEDING_DAY_MEAL_SERVICE_H_

#include <functional>
#include <utility>

#include "egi/feeding/v1/day_meal.grpc.pb.h"
#include "server/api/calls.h"
#include "server/base/clock.h"
#include "server/persist/write.h"
#include "server/storage/read/lot_reader.h"
#include "server/storage/read/meal_reader.h"

namespace egi::api {

// Where days are stored: the meal stage of the server. Answers once, after the commit; must not block.
using DaySink = std::function<void(persist::MealWrite write, persist::Done done)>;

// Thread-safe. What is passed to the constructor must outlive the gRPC server.
class DayMealService final : public feeding::v1::DayMealService::CallbackService {
 public:
  DayMealService(storage::read::LotReader& lots, storage::read::MealReader& meals, DaySink sink, const Clock& clock, Calls calls)
      : lots_(lots), meals_(meals), sink_(std::move(sink)), clock_(clock), calls_(calls) {}

  grpc::ServerUnaryReactor* RecordDay(grpc::CallbackServerContext* context, const feeding::v1::RecordDayRequest* request,
      feeding::v1::RecordDayResponse* response) override;
  grpc::ServerUnaryReactor* CorrectDay(grpc::CallbackServerContext* context, const feeding::v1::CorrectDayRequest* request,
      feeding::v1::RecordDayResponse* response) override;
  grpc::ServerUnaryReactor* GetDay(grpc::CallbackServerContext* context, const feeding::v1::GetDayRequest* request,
      feeding::v1::LotDay* response) override;
  grpc::ServerUnaryReactor* ListLotDays(grpc::CallbackServerContext* context, const feeding::v1::ListLotDaysRequest* request,
      feeding::v1::ListLotDaysResponse* response) override;
  grpc::ServerUnaryReactor* ListDays(grpc::CallbackServerContext* context, const feeding::v1::ListDaysRequest* request,
      feeding::v1::ListDaysResponse* response) override;

 private:
  storage::read::LotReader& lots_;
  storage::read::MealReader& meals_;
  const DaySink sink_;
  const Clock& clock_;
  Calls calls_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_DAY_MEAL_SERVICE_H_
