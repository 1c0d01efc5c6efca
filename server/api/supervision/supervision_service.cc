#include "server/api/supervision/supervision_service.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/page_token.h"
#include "server/api/supervision/combined_dashboard.h"
#include "server/performance/distribution.h"
#include "server/performance/feeder.h"
#include "server/performance/itm.h"
#include "server/performance/planned_curve.h"

namespace egi::api {
namespace {

using storage::read::AnalysisLots;
using storage::read::AnalysisQuery;
using storage::read::FeederSums;
using storage::read::SupervisionReader;
using supervision::v1::AnalysedLot;
using supervision::v1::AnalyseQualityRequest;
using supervision::v1::GaveurCluster;
using supervision::v1::GaveurClustering;
using supervision::v1::QualityAnalysis;

constexpr double kItmBar = 0.5;     // kg/kg
constexpr double kSigmaBar = 0.02;  // fraction

absl::Status GetCombinedDashboard(SupervisionReader& reader, const supervision::v1::GetCombinedDashboardRequest& request, absl::Time now,
                                  supervision::v1::CombinedDashboard* response) {
  Fields fields;
  const int min_samples = fields.Number("min_samples", request.min_samples(), 1, 10'000, 10);
  const int limit = fields.Number("limit", request.limit(), 1, 200, 20);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const storage::read::TrendPeriods periods = TrendPeriodsAt(now);
  auto sums = reader.ReadCombined(periods, min_samples, limit, now);
  if (!sums.ok()) return sums.status();
  *response = CombinedDashboardOf(*std::move(sums), periods, now);
  return absl::OkStatus();
}

std::optional<absl::CivilDay> Day(const char* field, const std::string& text, Fields& fields) {
  if (text.empty()) return std::nullopt;
  absl::CivilDay day;
  if (absl::ParseCivilTime(text, &day) && text.size() == 10 && day.year() >= 1900 && day.year() <= 9999) return day;
  fields.Add(field, "must be an ISO date (YYYY-MM-DD), or empty");
  return std::nullopt;
}

AnalysedLot AnalysedLotOf(AnalysisLots::Lot lot) {
  performance::AddPlannedCurve(lot.sheet.facts);
  AnalysedLot analysed;
  const auto& sheet = lot.sheet.lot;
  analysed.set_lot_id(sheet.lot_id());
  analysed.set_code_lot(sheet.code_lot());
  analysed.set_site_code(sheet.site_code());
  if (sheet.has_gaveur_id()) *analysed.mutable_gaveur_id() = sheet.gaveur_id();
  analysed.set_statut(sheet.statut());
  if (lot.first_day.has_value()) analysed.mutable_debut_lot()->set_value(*lot.first_day);
  if (lot.end_day.has_value()) analysed.mutable_fin_lot()->set_value(*lot.end_day);
  *analysed.mutable_itm() = performance::ItmOf(lot.sheet.facts);
  *analysed.mutable_sigma() = performance::SigmaOf(lot.sheet.facts);
  if (sheet.has_mortalite_pct()) *analysed.mutable_mortalite_pct() = sheet.mortalite_pct();
  analysed.set_nb_echantillons(lot.quality.nb_echantillons());
  if (!lot.quality.has_sqal_data()) return analysed;
  analysed.mutable_score_moyen_pct()->set_value(100 * lot.quality.scores().moyen().value());
  *analysed.mutable_grade_majoritaire() = lot.quality.grades().majoritaire();
  analysed.mutable_repartition()->swap(*lot.quality.mutable_grades()->mutable_repartition());
  return analysed;
}

void SetClasses(const std::vector<double>& itm, QualityAnalysis& analysis) {
  for (const char* name : {"A", "B", "C", "D", "E"}) {
    auto* bar = analysis.add_classes();
    bar->set_classe(name);
    for (const double value : itm) bar->set_nb_lots(bar->nb_lots() + (std::string(performance::ItmClass(value)) == name ? 1 : 0));
    if (!itm.empty()) bar->mutable_part_pct()->set_value(100.0 * bar->nb_lots() / static_cast<double>(itm.size()));
  }
}

void SetBars(const std::vector<double>& values, double width, google::protobuf::RepeatedPtrField<supervision::v1::HistogramBar>* bars) {
  for (const performance::Bar& found : performance::Histogram(values, width)) {
    auto* bar = bars->Add();
    bar->set_bas(found.low);
    bar->set_haut(found.high);
    bar->set_nb_lots(found.count);
  }
}

absl::Status AnalyseQuality(SupervisionReader& reader, const AnalyseQualityRequest& request, QualityAnalysis* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  AnalysisQuery query;
  query.site_code = request.site_code();
  query.from = Day("from", request.from(), fields);
  query.to = Day("to", request.to(), fields);
  fields.Check(!query.from.has_value() || !query.to.has_value() || *query.from <= *query.to, "to", "must not be before from");
  const int limit = fields.Number("limit", request.limit(), 1, 200, 50);
  const auto place = ReadPageNumbers(request, request.page_token(), 2, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (place.has_value()) query.after = AnalysisQuery::Place{place->at(0), place->at(1)};
  query.limit = limit + 1;  // one more tells whether the page is the last
  auto analysis = reader.ReadAnalysis(query);
  if (!analysis.ok()) return analysis.status();
  if (static_cast<int>(analysis->lots.size()) > limit) {
    analysis->lots.pop_back();
    const auto& last = analysis->lots.back().place;
    response->set_next_page_token(MakePageToken(request, {std::to_string(last.day), std::to_string(last.id)}));
  }
  for (auto& lot : analysis->lots) *response->add_lots() = AnalysedLotOf(std::move(lot));
  *response->mutable_resume() = std::move(analysis->summary);
  SetClasses(analysis->itm, *response);
  SetBars(analysis->itm, kItmBar, response->mutable_histogramme_itm());
  SetBars(analysis->sigma, kSigmaBar, response->mutable_histogramme_sigma());
  return absl::OkStatus();
}

GaveurCluster ClusterFrom(size_t index, const std::vector<FeederSums>& feeders) {
  GaveurCluster cluster;
  cluster.set_cluster_id(static_cast<int32_t>(index));
  cluster.set_cluster_label(performance::kClusters[index]);
  cluster.set_couleur(performance::kClusterColours[index]);
  cluster.set_nb_gaveurs(static_cast<int32_t>(feeders.size()));
  FeederSums sums;
  for (const FeederSums& feeder : feeders) {
    cluster.add_gaveur_ids(feeder.id);
    sums.lots.liver_kg += feeder.lots.liver_kg;
    sums.lots.corn_kg += feeder.lots.corn_kg;
    sums.placed += feeder.placed;
    sums.lost += feeder.lost;
    sums.sigmas += feeder.sigmas;
    sums.sigma_sum += feeder.sigma_sum;
  }
  std::optional<double> loss;
  if (sums.placed > 0) loss = 100.0 * static_cast<double>(sums.lost) / static_cast<double>(sums.placed);
  if (sums.lots.liver_kg > 0) {
    cluster.mutable_itm_moyen()->set_value(sums.lots.corn_kg / sums.lots.liver_kg);
    cluster.mutable_production_totale_kg()->set_value(sums.lots.liver_kg);
  }
  if (sums.sigmas > 0) cluster.mutable_sigma_moyen()->set_value(sums.sigma_sum / sums.sigmas);
  if (loss.has_value()) cluster.mutable_mortalite_moyenne()->set_value(*loss);
  cluster.set_recommandation(performance::ClusterRecommendation(static_cast<int>(index), loss));
  const auto& bounds = performance::kClusterBounds;
  if (index > 0) cluster.mutable_itm_au_dessus_de()->set_value(bounds[index - 1]);
  if (index < bounds.size()) cluster.mutable_itm_jusqu_a()->set_value(bounds[index]);
  return cluster;
}

absl::Status ClusterGaveurs(SupervisionReader& reader, const std::string& site_code, GaveurClustering* response) {
  Fields fields;
  fields.SiteCode("site_code", site_code);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto feeders = reader.ListFeeders(site_code);
  if (!feeders.ok()) return feeders.status();
  response->set_methode("seuils");
  response->set_description("Groupes par seuils de l'ITM pondéré de tous les lots finaux du gaveur (13 ; 14,5 ; 15,5 ; 17), et non par K-means.");
  std::array<std::vector<FeederSums>, performance::kClusters.size()> clusters;
  for (const FeederSums& feeder : *feeders) {
    if (feeder.lots.liver_kg <= 0) {
      response->add_gaveurs_sans_lot_final(feeder.id);
      continue;
    }
    clusters[static_cast<size_t>(performance::ClusterOf(feeder.lots.corn_kg / feeder.lots.liver_kg))].push_back(feeder);
    response->set_nb_gaveurs(response->nb_gaveurs() + 1);
  }
  for (size_t i = 0; i < clusters.size(); ++i) *response->add_clusters() = ClusterFrom(i, clusters[i]);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* SupervisionService::GetCombinedDashboard(grpc::CallbackServerContext* context,
                                                                   const supervision::v1::GetCombinedDashboardRequest* request,
                                                                   supervision::v1::CombinedDashboard* response) {
  return calls_.Run(context, [=, this] { return api::GetCombinedDashboard(reader_, *request, clock_.Now(), response); });
}

grpc::ServerUnaryReactor* SupervisionService::AnalyseQuality(grpc::CallbackServerContext* context, const AnalyseQualityRequest* request,
                                                             QualityAnalysis* response) {
  return calls_.Run(context, [=, this] { return api::AnalyseQuality(reader_, *request, response); });
}

grpc::ServerUnaryReactor* SupervisionService::ClusterGaveurs(grpc::CallbackServerContext* context, const supervision::v1::ClusterGaveursRequest* request,
                                                             GaveurClustering* response) {
  return calls_.Run(context, [=, this] { return api::ClusterGaveurs(reader_, request->site_code(), response); });
}

}  // namespace egi::api
