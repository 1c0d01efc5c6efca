#include "server/api/feeding/lot_life_service.h"

#include <cmath>
#include <string>
#include <utility>

#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/lot_checks.h"
#include "server/api/pages.h"

namespace egi::api {
namespace {

using feeding::v1::CancelLotRequest;
using feeding::v1::FinishLotRequest;
using feeding::v1::ListLotChangesRequest;
using feeding::v1::ListLotChangesResponse;
using feeding::v1::Lot;
using feeding::v1::RestoreLotRequest;
using feeding::v1::SlaughterLotRequest;
using feeding::v1::UpdateLotRequest;
using storage::read::LotKey;
using storage::read::LotReader;
using storage::write::LotLifeStore;

constexpr size_t kMaxReason = 500;
constexpr char kUnnamed[] = "api";  // who changes or cancels a lot without saying so, as who acknowledges an alert: older front ends send no `by`

// Notes what every request about a lot needs; a reason may be left out where `least` is 0.
template <typename Request>
LotKey CheckCommon(const Request& request, size_t least_reason, Fields& fields) {
  fields.Text("by", request.by(), 1, 100);
  fields.Text("reason", request.reason(), least_reason, kMaxReason);
  return fields.Lot("lot", request.lot());
}

bool Between(double value, double min, double max) { return std::isfinite(value) && value >= min && value <= max; }

void CheckUpdate(const UpdateLotRequest& request, Fields& fields) {
  fields.Check(!request.has_gaveur_id() || request.gaveur_id().value() > 0, "gaveur_id", "must be > 0");
  fields.Check(!request.has_genetique() || IsBreed(request.genetique().value()), "genetique", "must be one of Mulard, Barbarie, Pékin, Mixte");
  for (const auto& [field, present, value] : {std::tuple{"date_debut_gavage", request.has_date_debut_gavage(), request.date_debut_gavage().value()},
                                              std::tuple{"date_fin_gavage_prevue", request.has_date_fin_gavage_prevue(),
                                                         request.date_fin_gavage_prevue().value()}}) {
    fields.Check(!present || IsDate(value), field, "must be a date YYYY-MM-DD");
  }
  fields.Check(!request.has_nombre_canards() || (request.nombre_canards().value() >= 1 && request.nombre_canards().value() <= 5000), "nombre_canards",
               "must be 1..5000 birds");
  fields.Check(!request.has_poids_moyen_initial() || Between(request.poids_moyen_initial().value(), 500, 12000), "poids_moyen_initial",
               "must be 500..12000 g");
  fields.Check(!request.has_objectif_quantite_mais() || (request.objectif_quantite_mais().value() > 0 &&
                                                          Between(request.objectif_quantite_mais().value(), 0, 30000)),
               "objectif_quantite_mais", "must be above 0 and at most 30000 g per duck");
  fields.Check(!request.has_objectif_poids_final() || Between(request.objectif_poids_final().value(), 500, 12000), "objectif_poids_final",
               "must be 500..12000 g");
  fields.Check(!request.has_lot_mais_id() || request.lot_mais_id().value() > 0, "lot_mais_id", "must be > 0");
  fields.Check(!request.has_age_animaux() || Between(request.age_animaux().value(), 1, 400), "age_animaux", "must be 1..400 days");
}

void CheckSlaughter(const SlaughterLotRequest& request, Fields& fields) {
  fields.Check(IsDate(request.date_abattage()), "date_abattage", "must be a date YYYY-MM-DD");
  fields.Check(request.nb_canards_accroches() >= 0, "nb_canards_accroches", "must be >= 0 birds");
  fields.Check(request.nb_canards_enleves().value() >= 0, "nb_canards_enleves", "must be >= 0 birds, or absent");
  fields.Check(!request.has_poids_foie_moyen() || Between(request.poids_foie_moyen().value(), 50, 2000), "poids_foie_moyen",
               "must be 50..2000 g, or absent");
  fields.Check(!request.has_sigma() || (request.sigma().value() > 0 && Between(request.sigma().value(), 0, 0.999999)), "sigma",
               "must be above 0 and below 1, or absent");
}

absl::Status UpdateLot(LotReader& lots, LotLifeStore& store, absl::Time now, UpdateLotRequest request, Lot* response) {
  Fields fields;
  if (request.by().empty()) request.set_by(kUnnamed);
  const LotKey lot = CheckCommon(request, 0, fields);
  if (request.has_genetique()) request.mutable_genetique()->set_value(BreedOf(request.genetique().value()));
  CheckUpdate(request, fields);
  if (request.has_date_debut_gavage()) CheckNotFarAhead("date_debut_gavage", request.date_debut_gavage().value(), now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = store.Update(lot, request); !failed.ok()) return failed;
  return Answer(lots.FindLot(lot), response);
}

absl::Status SlaughterLot(LotReader& lots, LotLifeStore& store, const SlaughterLotRequest& request, Lot* response) {
  Fields fields;
  const LotKey lot = CheckCommon(request, 0, fields);
  CheckSlaughter(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = store.Slaughter(lot, request); !failed.ok()) return failed;
  return Answer(lots.FindLot(lot), response);
}

absl::Status CancelLot(LotReader& lots, LotLifeStore& store, CancelLotRequest request, Lot* response) {
  Fields fields;
  if (request.by().empty()) request.set_by(kUnnamed);
  const LotKey lot = CheckCommon(request, 0, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = store.Cancel(lot, request); !failed.ok()) return failed;
  return Answer(lots.FindLot(lot), response);
}

// A transition that needs nothing but who and why.
template <typename Request>
absl::Status MoveLot(LotReader& lots, LotLifeStore& store, absl::Status (LotLifeStore::*move)(const LotKey&, const Request&), const Request& request,
                     Lot* response) {
  Fields fields;
  const LotKey lot = CheckCommon(request, 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = (store.*move)(lot, request); !failed.ok()) return failed;
  return Answer(lots.FindLot(lot), response);
}

absl::Status ListLotChanges(LotLifeStore& store, const ListLotChangesRequest& request, ListLotChangesResponse* response) {
  Fields fields;
  const LotKey lot = fields.Lot("lot", request.lot());
  return AnswerPage(
      request, fields, [&](std::optional<int64_t> before, int limit) { return store.ListChanges(lot, before.value_or(0), limit); },
      [](const feeding::v1::LotChange& change) { return change.id(); }, Into(response->mutable_changes()), response->mutable_next_page_token());
}

}  // namespace

grpc::ServerUnaryReactor* LotLifeService::UpdateLot(grpc::CallbackServerContext* context, const UpdateLotRequest* request, Lot* response) {
  return calls_.Run(context, [=, this] { return api::UpdateLot(lots_, store_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* LotLifeService::FinishLot(grpc::CallbackServerContext* context, const FinishLotRequest* request, Lot* response) {
  return calls_.Run(context, [=, this] { return MoveLot(lots_, store_, &LotLifeStore::Finish, *request, response); });
}

grpc::ServerUnaryReactor* LotLifeService::SlaughterLot(grpc::CallbackServerContext* context, const SlaughterLotRequest* request, Lot* response) {
  return calls_.Run(context, [=, this] { return api::SlaughterLot(lots_, store_, *request, response); });
}

grpc::ServerUnaryReactor* LotLifeService::CancelLot(grpc::CallbackServerContext* context, const CancelLotRequest* request, Lot* response) {
  return calls_.Run(context, [=, this] { return api::CancelLot(lots_, store_, *request, response); });
}

grpc::ServerUnaryReactor* LotLifeService::RestoreLot(grpc::CallbackServerContext* context, const RestoreLotRequest* request, Lot* response) {
  return calls_.Run(context, [=, this] { return MoveLot(lots_, store_, &LotLifeStore::Restore, *request, response); });
}

grpc::ServerUnaryReactor* LotLifeService::ListLotChanges(grpc::CallbackServerContext* context, const ListLotChangesRequest* request,
                                                         ListLotChangesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListLotChanges(store_, *request, response); });
}

}  // namespace egi::api
