#include "server/api/feeding/curve_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/feeding/curve_answers.h"
#include "server/api/feeding/curve_requests.h"
#include "server/api/fields.h"
#include "server/api/pages.h"
#include "server/base/rich_status.h"
#include "server/curves/curve_life.h"
#include "server/curves/draft.h"
#include "server/curves/reference.h"
#include "server/storage/read/curve_row.h"

namespace egi::api {
namespace {

using curves::CurveDraft;
using curves::LotCourse;
using feeding::v1::CreateCurveRequest;
using feeding::v1::CurveDashboard;
using feeding::v1::DecideCurveRequest;
using feeding::v1::EnterRealDoseRequest;
using feeding::v1::GenerateCurveRequest;
using feeding::v1::GeneratePysrCurveRequest;
using feeding::v1::GetLotCurveRequest;
using feeding::v1::GetRealCurveResponse;
using feeding::v1::ListCurveChangesRequest;
using feeding::v1::ListCurveChangesResponse;
using feeding::v1::ListCurvesRequest;
using feeding::v1::ListCurvesResponse;
using feeding::v1::PredictiveCurve;
using feeding::v1::RealDay;
using feeding::v1::TheoreticalCurve;
using storage::read::CurveReader;
using storage::read::LotKey;
using storage::write::CurveProposal;
using storage::write::CurveStore;

constexpr int kLongestDays = 14;  // of a generated curve whose lot has no planned duration, as in the original
constexpr double kMostDoseG = 1000;

CurveProposal ToProposal(CurveDraft draft, const std::string& by) {
  CurveProposal proposal;
  proposal.source = draft.source;
  proposal.method = draft.method;
  proposal.doses_g = std::move(draft.doses_g);
  proposal.weights_g = std::move(draft.weights_g);
  proposal.by = by;
  return proposal;
}

absl::Status Propose(CurveReader& reader, CurveStore& store, const LotKey& lot, const CurveProposal& proposal, TheoreticalCurve* response) {
  const auto id = store.Propose(lot, proposal);
  if (!id.ok()) return id.status();
  return Answer(reader.FindCurve(*id), response);
}

// A curve that is only shown.
TheoreticalCurve Unsaved(const LotCourse& lot, const CurveDraft& draft) {
  TheoreticalCurve curve;
  curve.mutable_lot_id()->set_value(lot.id);
  curve.mutable_code_lot()->set_value(lot.code);
  if (lot.gaveur_id > 0) {
    curve.mutable_gaveur_id()->set_value(lot.gaveur_id);
    curve.mutable_gaveur_nom()->set_value(absl::StrCat("Gaveur ", lot.gaveur_id));
  }
  curve.mutable_site_code()->set_value(lot.site);
  curve.set_duree_gavage_jours(static_cast<int32_t>(draft.doses_g.size() / 2));
  curve.set_source(draft.source);
  curve.set_methode(draft.method);
  *curve.mutable_courbe() = storage::read::PointsOf(draft.doses_g, draft.weights_g);
  curve.set_total_mais_g(curves::Sum(draft.doses_g));
  for (const std::string& warning : curves::WarningsOf(draft.doses_g, draft.source)) curve.add_avertissements(warning);
  return curve;
}

absl::StatusOr<CurveDraft> FeederDraft(CurveReader& reader, const LotCourse& lot) {
  auto curve = reader.FindFeederCurve(lot.gaveur_id, true);
  if (!curve.ok()) return curve.status();
  if (!curve->has_value()) {
    return WithErrorInfo(absl::FailedPreconditionError(absl::StrCat("the feeder of lot ", lot.code,
                                                                    " has no validated curve; save a recommended curve and have it validated, or ask for souche")),
                         "NO_RECOMMENDED_CURVE", {{"lot", lot.code}});
  }
  std::vector<double> doses;
  for (const auto& day : (*curve)->courbe()) {
    doses.push_back(day.dose_matin());
    doses.push_back(day.dose_soir());
  }
  return curves::DraftFromFeeder(lot, (*curve)->id(), doses);
}

absl::Status GenerateCurve(CurveReader& reader, CurveStore& store, const GenerateCurveRequest& request, TheoreticalCurve* response) {
  Fields fields;
  const LotKey key = fields.Lot("lot", request.lot());
  fields.OneOf("source", request.source(), {"souche", "recommandee"});
  fields.Text("by", request.by(), 0, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = reader.FindCourse(key);
  if (!lot.ok()) return lot.status();
  auto draft = request.source() == "recommandee" ? FeederDraft(reader, *lot) : absl::StatusOr<CurveDraft>(curves::DraftFor(*lot));
  if (!draft.ok()) return draft.status();
  return Propose(reader, store, key, ToProposal(*std::move(draft), request.by()), response);
}

absl::Status GeneratePysrCurve(CurveReader& reader, CurveStore& store, const GeneratePysrCurveRequest& request, TheoreticalCurve* response) {
  Fields fields;
  const LotKey key = fields.Lot("lot_id", request.lot_id());
  curves::DraftWish wish = ReadWish(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = reader.FindCourse(key);
  if (!lot.ok()) return lot.status();
  if (wish.days == 0 && lot->days == 0) wish.days = kLongestDays;
  CurveDraft draft = curves::DraftFor(*lot, wish);
  if (*std::max_element(draft.doses_g.begin(), draft.doses_g.end()) > kMostDoseG) {
    return InvalidFields({{request.has_food_intake_goal() ? "food_intake_goal" : "poids_foie_cible", "gives doses above 1000 g per meal; ask for less"}});
  }
  if (request.has_auto_save() && !request.auto_save().value()) {
    *response = Unsaved(*lot, draft);
    return absl::OkStatus();
  }
  return Propose(reader, store, key, ToProposal(std::move(draft), ""), response);
}

absl::Status CreateCurve(CurveReader& reader, CurveStore& store, const CreateCurveRequest& request, TheoreticalCurve* response) {
  Fields fields;
  LotKey lot;
  const CurveProposal proposal = ReadNewCurve(request, fields, &lot);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Propose(reader, store, lot, proposal, response);
}

absl::Status ListCurves(CurveReader& reader, const ListCurvesRequest& request, ListCurvesResponse* response) {
  Fields fields;
  fields.OneOf("statut", request.statut(), {"EN_ATTENTE", "VALIDEE", "MODIFIEE", "REJETEE"});
  fields.SiteCode("site_code", request.site_code());
  fields.Check(request.gaveur_id() >= 0, "gaveur_id", "must be > 0, or 0 for all");
  storage::read::CurveQuery query;
  query.statut = request.statut();
  query.site_code = request.site_code();
  query.gaveur_id = request.gaveur_id();
  query.in_force = request.en_vigueur();
  return AnswerPage(
      request, fields,
      [&](std::optional<int64_t> before, int limit) {
        query.before_id = before.value_or(0);
        query.limit = limit;
        return reader.ListCurves(query);
      },
      [](const TheoreticalCurve& curve) { return curve.id(); }, Into(response->mutable_courbes()), response->mutable_next_page_token());
}

absl::Status DecideCurve(CurveReader& reader, CurveStore& store, const DecideCurveRequest& request, TheoreticalCurve* response) {
  Fields fields;
  const storage::write::CurveDecision decision = ReadDecision(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = store.Decide(decision); !failed.ok()) return failed;
  return Answer(reader.FindCurve(decision.curve_id), response);
}

absl::Status EnterRealDose(CurveReader& reader, CurveStore& store, const EnterRealDoseRequest& request, RealDay* response) {
  Fields fields;
  const LotKey key = LotOfValue("lot_id", request.lot_id(), fields);
  const storage::write::DayEntry entry = ReadRealDose(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = store.EnterDay(key, entry); !failed.ok()) return failed;
  const auto lot = reader.FindCourse(key);
  if (!lot.ok()) return lot.status();
  for (RealDay& day : RealDaysOf(*lot)) {
    if (day.jour() == entry.day) *response = std::move(day);
  }
  return absl::OkStatus();
}

absl::Status GetCurveDashboard(CurveReader& reader, const GetLotCurveRequest& request, CurveDashboard* response) {
  Fields fields;
  const LotKey key = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = reader.FindCourse(key);
  if (!lot.ok()) return lot.status();
  auto curve = reader.FindLotCurve(key);
  if (!curve.ok() && !absl::IsNotFound(curve.status())) return curve.status();
  const bool shown = curve.ok() && curves::ParseCurveState(curve->statut()) != curves::CurveState::kRejected;
  *response = DashboardOf(*lot, shown ? std::optional(*std::move(curve)) : std::nullopt);
  return absl::OkStatus();
}

// Reads the lot that `request` names and lets `answer(course)` fill the response.
template <typename Answer>
absl::Status OfCourse(CurveReader& reader, const GetLotCurveRequest& request, Answer answer) {
  Fields fields;
  const LotKey key = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = reader.FindCourse(key);
  if (!lot.ok()) return lot.status();
  answer(*lot);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* CurveService::GenerateCurve(grpc::CallbackServerContext* context, const GenerateCurveRequest* request, TheoreticalCurve* response) {
  return calls_.Run(context, [=, this] { return api::GenerateCurve(reader_, store_, *request, response); });
}

grpc::ServerUnaryReactor* CurveService::GeneratePysrCurve(grpc::CallbackServerContext* context, const GeneratePysrCurveRequest* request,
                                                          TheoreticalCurve* response) {
  return calls_.Run(context, [=, this] { return api::GeneratePysrCurve(reader_, store_, *request, response); });
}

grpc::ServerUnaryReactor* CurveService::CreateCurve(grpc::CallbackServerContext* context, const CreateCurveRequest* request, TheoreticalCurve* response) {
  return calls_.Run(context, [=, this] { return api::CreateCurve(reader_, store_, *request, response); });
}

grpc::ServerUnaryReactor* CurveService::ListCurves(grpc::CallbackServerContext* context, const ListCurvesRequest* request, ListCurvesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListCurves(reader_, *request, response); });
}

grpc::ServerUnaryReactor* CurveService::DecideCurve(grpc::CallbackServerContext* context, const DecideCurveRequest* request, TheoreticalCurve* response) {
  return calls_.Run(context, [=, this] { return api::DecideCurve(reader_, store_, *request, response); });
}

grpc::ServerUnaryReactor* CurveService::ListCurveChanges(grpc::CallbackServerContext* context, const ListCurveChangesRequest* request,
                                                         ListCurveChangesResponse* response) {
  return calls_.Run(context, [=, this] { return AnswerAll(reader_.ListChanges(request->courbe_id()), response->mutable_changements()); });
}

grpc::ServerUnaryReactor* CurveService::GetLotCurve(grpc::CallbackServerContext* context, const GetLotCurveRequest* request, TheoreticalCurve* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    Fields fields;
    const LotKey key = fields.Lot("lot", request->lot());
    if (absl::Status bad = fields.status(); !bad.ok()) return bad;
    return Answer(reader_.FindLotCurve(key), response);
  });
}

grpc::ServerUnaryReactor* CurveService::GetRealCurve(grpc::CallbackServerContext* context, const GetLotCurveRequest* request, GetRealCurveResponse* response) {
  return calls_.Run(context, [=, this] {
    return OfCourse(reader_, *request, [&](const LotCourse& lot) { MoveAll(RealDaysOf(lot), response->mutable_jours()); });
  });
}

grpc::ServerUnaryReactor* CurveService::EnterRealDose(grpc::CallbackServerContext* context, const EnterRealDoseRequest* request, RealDay* response) {
  return calls_.Run(context, [=, this] { return api::EnterRealDose(reader_, store_, *request, response); });
}

grpc::ServerUnaryReactor* CurveService::GetPredictiveCurve(grpc::CallbackServerContext* context, const GetLotCurveRequest* request, PredictiveCurve* response) {
  return calls_.Run(context, [=, this] { return OfCourse(reader_, *request, [&](const LotCourse& lot) { *response = PredictiveOf(lot); }); });
}

grpc::ServerUnaryReactor* CurveService::GetCurveDashboard(grpc::CallbackServerContext* context, const GetLotCurveRequest* request, CurveDashboard* response) {
  return calls_.Run(context, [=, this] { return api::GetCurveDashboard(reader_, *request, response); });
}

}  // namespace egi::api
