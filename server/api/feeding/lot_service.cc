#include "server/api/feeding/lot_service.h"

#include <string>
#include <utility>
#include <vector>

#include "server/api/caller.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/lot_checks.h"
#include "server/api/page_token.h"

namespace egi::api {
namespace {

using feeding::v1::ListLotsRequest;
using feeding::v1::ListLotsResponse;
using feeding::v1::ListMealHistoryRequest;
using feeding::v1::ListRecentMealsRequest;
using feeding::v1::ListRecentMealsResponse;
using storage::read::LotReader;

constexpr absl::Duration kRecent = absl::Hours(24);

// `offset` counts from the first lot, so it is left alone once a token says where to go on.
absl::Status ListLots(LotReader& reader, const ListLotsRequest& request, ListLotsResponse* response) {
  Fields fields;
  storage::read::LotQuery query;
  fields.SiteCode("site_code", request.site_code());
  fields.OneOf("statut", request.statut(), {"actif", "en_preparation", "en_gavage", "termine", "abattu", "annule"});
  fields.Check(request.offset() >= 0 && request.offset() <= 100'000, "offset", "must be 0..100000; use page_token beyond");
  fields.Check(request.gaveur_id() >= 0, "gaveur_id", "must be > 0, or 0 for all");
  const int limit = fields.Number("limit", request.limit(), 1, 500, 100);
  const auto place = ReadPageToken(request, request.page_token(), 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  query.site_code = request.site_code();
  query.statut = request.statut();
  query.gaveur_id = request.gaveur_id();
  query.limit = limit + 1;  // one more tells whether the page is the last
  if (place.has_value()) {
    query.after_code = place->front();
  } else {
    query.offset = request.offset();
  }
  auto lots = reader.ListLots(query);
  if (!lots.ok()) return lots.status();
  if (static_cast<int>(lots->size()) > limit) {
    lots->pop_back();
    response->set_next_page_token(MakePageToken(request, {lots->back().code_lot()}));
  }
  MoveAll(*std::move(lots), response->mutable_lots());
  return absl::OkStatus();
}

absl::Status GetLot(LotReader& reader, const feeding::v1::GetLotRequest& request, feeding::v1::Lot* response) {
  Fields fields;
  const storage::read::LotKey lot = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(reader.FindLot(lot), response);
}

absl::Status ListDoses(LotReader& reader, const feeding::v1::ListDosesRequest& request, feeding::v1::ListDosesResponse* response) {
  Fields fields;
  const storage::read::LotKey lot = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return AnswerAll(reader.ListDoses(lot), response->mutable_doses());
}

absl::Status ListRecentMeals(LotReader& reader, absl::Time now, const ListRecentMealsRequest& request,
                             ListRecentMealsResponse* response) {
  Fields fields;
  storage::read::MealQuery query;
  query.limit = fields.Number("limit", request.limit(), 1, 50, 20);
  fields.SiteCode("site_code", request.site_code());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  query.site_code = request.site_code();
  query.from = now - kRecent;
  return AnswerAll(reader.ListMeals(query), response->mutable_meals());
}

absl::Status ListMealHistory(LotReader& reader, const ListMealHistoryRequest& request, ListRecentMealsResponse* response) {
  Fields fields;
  storage::read::MealQuery query;
  fields.Check(request.gaveur_id() >= 0, "gaveur_id", "must be > 0, or 0 for any");
  fields.Check(request.gaveur_id() > 0 || !request.lot().empty(), "gaveur_id", "name a feeder (gaveur_id) or a lot");
  query.gaveur_id = request.gaveur_id();
  if (!request.lot().empty()) query.lot = fields.Lot("lot", request.lot());
  if (request.has_from()) query.from = fields.Time("from", request.from());
  if (request.has_to()) query.to = fields.Time("to", request.to());
  fields.Check(!query.from.has_value() || !query.to.has_value() || *query.from < *query.to, "to", "must be after from");
  query.limit = fields.Number("limit", request.limit(), 1, 500, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return AnswerAll(reader.ListMeals(query), response->mutable_meals());
}

absl::Status CreateLot(LotReader& reader, storage::write::LotStore& store, absl::Time now, feeding::v1::CreateLotRequest request,
                       grpc::CallbackServerContext* context, feeding::v1::Lot* response) {
  Fields fields;
  request.set_request_id(WishOf(request.request_id(), CallerOf(*context), "request_id", fields));
  const feeding::v1::CreateLotRequest wish = CheckNewLot(std::move(request), now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = store.CreateLot(wish);
  if (!lot.ok()) return lot.status();
  TellNew(lot->is_new, context);
  return Answer(reader.FindLot({0, lot->code}), response);
}

absl::Status ImportLots(storage::write::LotStore& store, const feeding::v1::ImportLotsRequest& request,
                        feeding::v1::ImportLotsResponse* response) {
  Fields fields;
  CheckImport(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto done = store.ImportLots(request);
  if (!done.ok()) return done.status();
  *response = std::move(done->counts);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* LotService::ListLots(grpc::CallbackServerContext* context, const ListLotsRequest* request,
                                               ListLotsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListLots(lots_, *request, response); });
}

grpc::ServerUnaryReactor* LotService::GetLot(grpc::CallbackServerContext* context, const feeding::v1::GetLotRequest* request,
                                             feeding::v1::Lot* response) {
  return calls_.Run(context, [=, this] { return api::GetLot(lots_, *request, response); });
}

grpc::ServerUnaryReactor* LotService::ListDoses(grpc::CallbackServerContext* context, const feeding::v1::ListDosesRequest* request,
                                                feeding::v1::ListDosesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListDoses(lots_, *request, response); });
}

grpc::ServerUnaryReactor* LotService::ListRecentMeals(grpc::CallbackServerContext* context, const ListRecentMealsRequest* request,
                                                      ListRecentMealsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListRecentMeals(lots_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* LotService::ListMealHistory(grpc::CallbackServerContext* context, const ListMealHistoryRequest* request,
                                                      ListRecentMealsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListMealHistory(lots_, *request, response); });
}

grpc::ServerUnaryReactor* LotService::CreateLot(grpc::CallbackServerContext* context, const feeding::v1::CreateLotRequest* request,
                                                feeding::v1::Lot* response) {
  return calls_.Run(context, [=, this] { return api::CreateLot(lots_, store_, clock_.Now(), *request, context, response); });
}

grpc::ServerUnaryReactor* LotService::ImportLots(grpc::CallbackServerContext* context, const feeding::v1::ImportLotsRequest* request,
                                                 feeding::v1::ImportLotsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ImportLots(store_, *request, response); });
}

}  // namespace egi::api
