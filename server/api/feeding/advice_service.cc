#include "server/api/feeding/advice_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/curves/lot_advice.h"
#include "server/curves/recommended.h"
#include "server/curves/reference.h"
#include "server/performance/feeder.h"

namespace egi::api {
namespace {

using curves::LotCourse;
using feeding::v1::GetRecommendedCurveRequest;
using feeding::v1::ListAdviceRequest;
using feeding::v1::ListAdviceResponse;
using feeding::v1::RecommendedCurve;
using feeding::v1::SaveRecommendedCurveRequest;
using feeding::v1::SaveRecommendedCurveResponse;
using feeding::v1::SuggestDosesRequest;
using feeding::v1::SuggestDosesResponse;
using storage::read::CurveReader;
using storage::write::CurveStore;

constexpr char kDefaultStrain[] = "Mulard";
constexpr int kDefaultDucks = 800;

// What a request about a recommended curve asks for.
struct Wish {
  int32_t gaveur_id = 0;
  int ducks = kDefaultDucks;
  std::string strain;
};

template <typename Request>
absl::StatusOr<Wish> ReadWish(const Request& request) {
  Fields fields;
  Wish wish;
  fields.Check(request.gaveur_id() > 0, "gaveur_id", "must be > 0");
  wish.gaveur_id = request.gaveur_id();
  wish.ducks = fields.Number("nb_canards", request.nb_canards(), 100, 2000, kDefaultDucks);
  wish.strain = request.souche().empty() ? kDefaultStrain : request.souche();
  fields.Check(curves::ReferenceNamed(wish.strain).has_value(), "souche", "must be Mulard, Barbarie, Pékin, Mixte or a strain (CF80*, PKL*, PKLC)");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return wish;
}

void FillFeeder(const Wish& wish, const curves::FeederHistory& history, feeding::v1::RecommendedFor* feeder) {
  feeder->set_id(wish.gaveur_id);
  feeder->set_nom(absl::StrCat("Gaveur ", wish.gaveur_id));
  feeder->set_nb_lots_historique(history.lots);
  if (history.itm.has_value()) {
    feeder->mutable_itm_moyen()->set_value(*history.itm);
    feeder->mutable_cluster()->set_value(performance::ClusterOf(*history.itm));
  }
  if (history.loss_pct.has_value()) feeder->mutable_mortalite_moyenne()->set_value(*history.loss_pct);
}

absl::Status GetRecommendedCurve(CurveReader& reader, absl::Time now, const GetRecommendedCurveRequest& request, RecommendedCurve* response) {
  const auto wish = ReadWish(request);
  if (!wish.ok()) return wish.status();
  const auto history = reader.FindHistory(wish->gaveur_id);
  if (!history.ok()) return history.status();
  auto existing = reader.FindFeederCurve(wish->gaveur_id, false);
  if (!existing.ok()) return existing.status();
  const curves::RecommendedDoses doses = curves::Recommend(*history, *curves::ReferenceNamed(wish->strain));
  FillFeeder(*wish, *history, response->mutable_gaveur());
  for (size_t day = 0; day < doses.totals_g.size(); ++day) {
    feeding::v1::RecommendedDay& row = *response->add_courbe_recommandee();
    row.set_jour(static_cast<int32_t>(day) + 1);
    row.set_matin(doses.mornings_g[day]);
    row.set_soir(doses.evenings_g[day]);
    row.set_total(doses.totals_g[day]);
  }
  feeding::v1::RecommendedMetadata& metadata = *response->mutable_metadata();
  const double total = curves::Sum(doses.totals_g);
  metadata.set_cluster(doses.cluster);
  if (history->itm.has_value()) metadata.mutable_itm_historique()->set_value(*history->itm);
  metadata.set_itm_cible(doses.target_itm);
  if (history->loss_pct.has_value()) metadata.mutable_mortalite_historique()->set_value(*history->loss_pct);
  metadata.set_nb_canards(wish->ducks);
  metadata.set_souche(wish->strain);
  metadata.set_total_mais_par_canard_g(total);
  metadata.set_total_mais_lot_kg(total * wish->ducks / 1000);
  metadata.set_facteur_ajustement(doses.factor);
  ToTimestamp(now, metadata.mutable_date_generation());
  metadata.set_source(doses.source);
  for (const std::string& advice : doses.advice) response->add_recommandations(advice);
  if (existing->has_value()) *response->mutable_courbe_existante() = **std::move(existing);
  return absl::OkStatus();
}

absl::Status SaveRecommendedCurve(CurveReader& reader, CurveStore& store, const SaveRecommendedCurveRequest& request,
                                  SaveRecommendedCurveResponse* response) {
  Fields fields;
  fields.Text("by", request.by(), 0, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto wish = ReadWish(request);
  if (!wish.ok()) return wish.status();
  const auto history = reader.FindHistory(wish->gaveur_id);
  if (!history.ok()) return history.status();
  const curves::RecommendedDoses doses = curves::Recommend(*history, *curves::ReferenceNamed(wish->strain));
  storage::write::CurveProposal proposal;
  proposal.source = "recommandee";
  proposal.method = doses.source;
  for (size_t day = 0; day < doses.totals_g.size(); ++day) {
    proposal.doses_g.push_back(doses.mornings_g[day]);
    proposal.doses_g.push_back(doses.evenings_g[day]);
  }
  proposal.by = request.by().empty() ? absl::StrCat("gaveur:", wish->gaveur_id) : request.by();
  const auto id = store.ProposeForFeeder(wish->gaveur_id, proposal);
  if (!id.ok()) return id.status();
  response->set_success(true);
  response->set_courbe_id(*id);
  response->set_message(absl::StrCat("Courbe ", *id, " enregistrée pour le gaveur ", wish->gaveur_id, ", en attente de validation"));
  return absl::OkStatus();
}

// Where the doses of `place` and the next come from.
struct Suggestion {
  double morning_g = 0, evening_g = 0;
  std::string source, message;
};

Suggestion Suggest(const LotCourse& lot, int place, const std::vector<double>& plan) {
  Suggestion suggestion{plan[place], plan[place + 1], "", ""};
  const bool agreed = std::any_of(lot.answers.begin(), lot.answers.end(), [&](const auto& answer) {
    return answer.second.final_g.has_value() && (answer.second.target == place || answer.second.target == place + 1);
  });
  const curves::Prediction prediction = curves::PredictCourse(lot);
  const int last = prediction.first + static_cast<int>(prediction.doses_g.size()) - 1;
  if (agreed) {
    suggestion.source = "correction";
    suggestion.message = "Courbe du lot avec la correction acceptée";
  } else if (!lot.curve_g.empty()) {
    suggestion.source = "courbe_en_vigueur";
    suggestion.message = absl::StrCat("Courbe validée du lot (", lot.curve_id, ")");
  } else if (prediction.gap_g.has_value() && place >= prediction.first && place + 1 <= last) {
    suggestion.morning_g = prediction.doses_g[place - prediction.first];
    suggestion.evening_g = prediction.doses_g[place + 1 - prediction.first];
    suggestion.source = "predictive";
    suggestion.message = "Pas de courbe validée : médianes de la souche et écart des derniers repas";
  } else {
    suggestion.source = "souche";
    suggestion.message = "Pas de courbe validée : médianes de la souche";
  }
  return suggestion;
}

absl::Status SuggestDoses(CurveReader& reader, const SuggestDosesRequest& request, SuggestDosesResponse* response) {
  Fields fields;
  const auto key = fields.Lot("lot", request.lot());
  fields.Check(request.jour() >= 0 && request.jour() <= 26, "jour", "must be 0..26");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = reader.FindCourse(key);
  if (!lot.ok()) return lot.status();
  const std::vector<double> plan = curves::PlanOf(*lot);
  const int days = static_cast<int>(plan.size()) / 2;
  if (request.jour() >= days) return InvalidFields({{"jour", absl::StrCat("must be 0..", days - 1, ": lot ", lot->code, " is planned for ", days, " days")}});
  const Suggestion suggestion = Suggest(*lot, 2 * request.jour(), plan);
  response->set_success(true);
  feeding::v1::SuggestedDoses& data = *response->mutable_data();
  data.set_dose_matin(suggestion.morning_g);
  data.set_dose_soir(suggestion.evening_g);
  if (const auto conforming = curves::ConformityOf(*lot).conforming_pct; conforming.has_value()) data.mutable_confiance()->set_value(*conforming / 100);
  data.set_source(suggestion.source);
  data.set_message(suggestion.message);
  return absl::OkStatus();
}

absl::Status ListAdvice(CurveReader& reader, const ListAdviceRequest& request, ListAdviceResponse* response) {
  Fields fields;
  const auto key = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = reader.FindCourse(key);
  if (!lot.ok()) return lot.status();
  curves::LotSituation situation;
  situation.active = lot->active();
  situation.curve_in_force = lot->curve_id != 0;
  situation.curve_waits = lot->curve_waits;
  situation.conformity = curves::ConformityOf(*lot);
  situation.weight_gap_pct = curves::WeightGapPct(*lot);
  for (const curves::LotCorrection& correction : curves::CorrectionsOf(*lot)) {
    situation.pending_corrections += correction.state == curves::CorrectionState::kPending;
  }
  for (const curves::LotAdvice& each : curves::AdviseLot(situation)) {
    feeding::v1::Advice& advice = *response->add_recommandations();
    advice.set_type(each.type);
    advice.set_urgence(each.urgency);
    advice.set_message(each.message);
    advice.set_action(each.action);
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* AdviceService::GetRecommendedCurve(grpc::CallbackServerContext* context, const GetRecommendedCurveRequest* request,
                                                             RecommendedCurve* response) {
  return calls_.Run(context, [=, this] { return api::GetRecommendedCurve(reader_, clock_.Now(), *request, response); });
}

grpc::ServerUnaryReactor* AdviceService::SaveRecommendedCurve(grpc::CallbackServerContext* context, const SaveRecommendedCurveRequest* request,
                                                              SaveRecommendedCurveResponse* response) {
  return calls_.Run(context, [=, this] { return api::SaveRecommendedCurve(reader_, store_, *request, response); });
}

grpc::ServerUnaryReactor* AdviceService::SuggestDoses(grpc::CallbackServerContext* context, const SuggestDosesRequest* request,
                                                      SuggestDosesResponse* response) {
  return calls_.Run(context, [=, this] { return api::SuggestDoses(reader_, *request, response); });
}

grpc::ServerUnaryReactor* AdviceService::ListAdvice(grpc::CallbackServerContext* context, const ListAdviceRequest* request, ListAdviceResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListAdvice(reader_, *request, response); });
}

}  // namespace egi::api
