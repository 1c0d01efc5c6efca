#include "server/api/feeding/performance_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"
#include "server/performance/compliance.h"
#include "server/performance/itm.h"
#include "server/performance/planned_curve.h"

namespace egi::api {
namespace {

using feeding::v1::LotPerformance;
using feeding::v1::LotStats;
using performance::LotFacts;
using storage::read::LotKey;
using storage::read::LotSheet;
using storage::read::PerformanceReader;

constexpr int kMaxLots = 200;

LotPerformance PerformanceOf(LotSheet sheet) {
  performance::AddPlannedCurve(sheet.facts);
  LotPerformance lot = std::move(sheet.lot);
  *lot.mutable_itm() = performance::ItmOf(sheet.facts);
  *lot.mutable_sigma() = performance::SigmaOf(sheet.facts);
  *lot.mutable_production() = performance::ProductionOf(sheet.facts, lot.itm());
  for (auto& label : performance::ComplianceOf(sheet.facts, lot.itm())) *lot.add_conformite() = std::move(label);
  return lot;
}

void SetProgress(const LotFacts& facts, LotStats& stats) {
  const int days = facts.days_fed > 0 || !facts.Ended() ? facts.days_fed : facts.real_days.value_or(0);
  stats.set_nombre_jours_ecoules(days);
  const auto planned = facts.Ended() && facts.real_days.has_value() ? facts.real_days : facts.planned_days;
  if (planned.has_value()) stats.mutable_nombre_jours_prevus()->set_value(*planned);
  if (facts.Ended()) {
    stats.mutable_nombre_jours_restants()->set_value(0);
    stats.mutable_pourcent_avancement()->set_value(100);
  } else if (planned.has_value() && *planned > 0) {
    stats.mutable_nombre_jours_restants()->set_value(std::max(0, *planned - days));
    stats.mutable_pourcent_avancement()->set_value(std::min(100.0, 100.0 * days / *planned));
  }
}

void SetGains(LotStats& stats) {
  auto* weights = stats.mutable_poids();
  if (!weights->has_initial() || !weights->has_actuel()) return;
  weights->mutable_gain_total()->set_value(weights->actuel().value() - weights->initial().value());
  if (stats.nombre_jours_ecoules() > 0) weights->mutable_gain_moyen_jour()->set_value(weights->gain_total().value() / stats.nombre_jours_ecoules());
}

void SetDoses(const LotSheet& sheet, LotStats& stats) {
  auto* doses = stats.mutable_doses();
  const double given = sheet.facts.corn_given_g;
  if (given > 0) doses->mutable_total_donne()->set_value(given);
  if (given > 0 && stats.nombre_jours_ecoules() > 0) doses->mutable_moyenne_jour()->set_value(given / stats.nombre_jours_ecoules());
  const double goal = sheet.facts.corn_goal_g.value_or(sheet.prescribed_g);
  if (goal <= 0) return;
  doses->mutable_objectif_total()->set_value(goal);
  if (given > 0) doses->mutable_pourcent_objectif()->set_value(100 * given / goal);
}

absl::Status GetLotStats(PerformanceReader& reader, const std::string& lot, LotStats* response) {
  Fields fields;
  const LotKey key = fields.Lot("lot", lot);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto sheet = reader.FindSheet(key);
  if (!sheet.ok()) return sheet.status();
  *response = sheet->stats;
  SetProgress(sheet->facts, *response);
  SetGains(*response);
  SetDoses(*sheet, *response);
  LotPerformance figures = PerformanceOf(*std::move(sheet));
  response->mutable_itm()->Swap(figures.mutable_itm());
  response->mutable_sigma()->Swap(figures.mutable_sigma());
  response->mutable_production()->Swap(figures.mutable_production());
  response->mutable_conformite_reglementaire()->Swap(figures.mutable_conformite());
  return absl::OkStatus();
}

absl::Status GetLotPerformance(PerformanceReader& reader, const std::string& lot, LotPerformance* response) {
  Fields fields;
  const LotKey key = fields.Lot("lot", lot);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto sheet = reader.FindSheet(key);
  if (!sheet.ok()) return sheet.status();
  *response = PerformanceOf(*std::move(sheet));
  return absl::OkStatus();
}

bool Stands(const LotPerformance& lot, const std::string& label, const std::string& verdict) {
  if (verdict.empty()) return true;
  return std::any_of(lot.conformite().begin(), lot.conformite().end(), [&](const auto& compliance) {
    return (label.empty() || compliance.label() == label) && compliance.statut() == verdict;
  });
}

absl::Status ListLotPerformances(PerformanceReader& reader, const feeding::v1::ListLotPerformancesRequest& request,
                                 feeding::v1::ListLotPerformancesResponse* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  fields.OneOf("statut", request.statut(), {"en_preparation", "en_gavage", "termine", "abattu", "annule", "actif"});
  fields.OneOf("label", request.label(), {performance::kEu, performance::kPgi});
  const auto& verdicts = performance::kVerdicts;
  fields.OneOf("conformite", request.conformite(), {verdicts[0], verdicts[1], verdicts[2], verdicts[3], verdicts[4]});
  const int limit = fields.Number("limit", request.limit(), 1, kMaxLots, 100);
  const auto place = ReadPageToken(request, request.page_token(), 1, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  storage::read::SheetQuery query;
  query.site_code = request.site_code();
  query.statut = request.statut();
  query.limit = limit + 1;  // one more tells whether the page is the last
  if (place.has_value()) query.after_code = place->front();
  auto sheets = reader.ListSheets(query);
  if (!sheets.ok()) return sheets.status();
  if (static_cast<int>(sheets->size()) > limit) {
    sheets->pop_back();
    response->set_next_page_token(MakePageToken(request, {sheets->back().lot.code_lot()}));
  }
  for (LotSheet& sheet : *sheets) {
    LotPerformance lot = PerformanceOf(std::move(sheet));
    if (Stands(lot, request.label(), request.conformite())) *response->add_lots() = std::move(lot);
  }
  return absl::OkStatus();
}

absl::Status GetLotQuality(PerformanceReader& reader, const std::string& lot, feeding::v1::LotQuality* response) {
  Fields fields;
  const LotKey key = fields.Lot("lot", lot);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto found = reader.ListQuality({key});
  if (!found.ok()) return found.status();
  *response = std::move(found->front());
  return absl::OkStatus();
}

absl::Status BatchGetLotQuality(PerformanceReader& reader, const feeding::v1::BatchGetLotQualityRequest& request,
                                feeding::v1::BatchGetLotQualityResponse* response) {
  Fields fields;
  std::vector<LotKey> keys;
  for (const std::string& ids : request.ids()) {
    for (absl::string_view id : absl::StrSplit(ids, ',', absl::SkipWhitespace())) {
      if (keys.size() > kMaxLots) break;
      keys.push_back(fields.Lot("ids", std::string(absl::StripAsciiWhitespace(id))));
    }
  }
  fields.Check(!keys.empty() && keys.size() <= kMaxLots, "ids", "must name 1 to 200 lots by id or code, separated by commas");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return AnswerAll(reader.ListQuality(keys), response->mutable_lots());
}

absl::Status ListCorrelationLots(PerformanceReader& reader, const feeding::v1::ListCorrelationLotsRequest& request,
                                 feeding::v1::ListCorrelationLotsResponse* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  const int limit = fields.Number("limit", request.limit(), 1, 500, 200);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return AnswerAll(reader.ListCorrelationLots(request.site_code(), limit), response->mutable_lots());
}

}  // namespace

grpc::ServerUnaryReactor* PerformanceService::GetLotStats(grpc::CallbackServerContext* context, const feeding::v1::GetLotStatsRequest* request,
                                                          LotStats* response) {
  return calls_.Run(context, [=, this] { return api::GetLotStats(reader_, request->lot(), response); });
}

grpc::ServerUnaryReactor* PerformanceService::GetLotPerformance(grpc::CallbackServerContext* context,
                                                                const feeding::v1::GetLotPerformanceRequest* request, LotPerformance* response) {
  return calls_.Run(context, [=, this] { return api::GetLotPerformance(reader_, request->lot(), response); });
}

grpc::ServerUnaryReactor* PerformanceService::ListLotPerformances(grpc::CallbackServerContext* context,
                                                                  const feeding::v1::ListLotPerformancesRequest* request,
                                                                  feeding::v1::ListLotPerformancesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListLotPerformances(reader_, *request, response); });
}

grpc::ServerUnaryReactor* PerformanceService::GetLotQuality(grpc::CallbackServerContext* context, const feeding::v1::GetLotQualityRequest* request,
                                                            feeding::v1::LotQuality* response) {
  return calls_.Run(context, [=, this] { return api::GetLotQuality(reader_, request->lot(), response); });
}

grpc::ServerUnaryReactor* PerformanceService::BatchGetLotQuality(grpc::CallbackServerContext* context,
                                                                 const feeding::v1::BatchGetLotQualityRequest* request,
                                                                 feeding::v1::BatchGetLotQualityResponse* response) {
  return calls_.Run(context, [=, this] { return api::BatchGetLotQuality(reader_, *request, response); });
}

grpc::ServerUnaryReactor* PerformanceService::ListCorrelationLots(grpc::CallbackServerContext* context,
                                                                  const feeding::v1::ListCorrelationLotsRequest* request,
                                                                  feeding::v1::ListCorrelationLotsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListCorrelationLots(reader_, *request, response); });
}

}  // namespace egi::api
