#include "server/api/feeding/meal_history_service.h"

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"

namespace egi::api {
namespace {

using feeding::v1::GetMealHistoryRequest;
using feeding::v1::MealHistory;

absl::Status GetMealHistory(storage::read::MealReader& meals, const GetMealHistoryRequest& request, MealHistory* response) {
  Fields fields;
  storage::read::MealKey key;
  key.gavage_id = request.gavage_id();
  fields.Check(request.gavage_id() >= 0, "gavage_id", "must be > 0");
  const bool by_id = request.gavage_id() != 0;
  fields.Check(by_id != !request.lot().empty(), "gavage_id", "name the meal either by gavage_id, or by lot, jour and moment");
  if (!by_id && !request.lot().empty()) {
    key.lot = fields.Lot("lot", request.lot());
    key.jour = request.jour();
    key.moment = request.moment();
    fields.Check(request.jour() >= 0 && request.jour() <= 27, "jour", absl::StrCat("is ", request.jour(), ", must be 0..27"));
    fields.Check(request.moment() == "matin" || request.moment() == "soir", "moment", "must be matin or soir");
  }
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(meals.FindHistory(key), response);
}

}  // namespace

grpc::ServerUnaryReactor* MealHistoryService::GetMealHistory(grpc::CallbackServerContext* context, const GetMealHistoryRequest* request,
                                                             MealHistory* response) {
  return calls_.Run(context, [=, this] { return api::GetMealHistory(meals_, *request, response); });
}

}  // namespace egi::api
