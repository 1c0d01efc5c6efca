#include "server/api/feeding/site_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/api/convert.h"
#include "server/api/fields.h"

namespace egi::api {
namespace {

using feeding::v1::SiteComparison;
using feeding::v1::SiteStats;
using storage::read::SiteReader;

void CheckCode(const std::string& code, Fields& fields) {
  fields.Check(code.size() == 2 && absl::ascii_isupper(code[0]) && absl::ascii_isupper(code[1]), "code",
               "must be two capital letters: LL, LS or MT");
}

void CheckMonth(const std::string& month, Fields& fields) {
  int year = 0;
  int number = 0;
  const bool good = month.size() == 7 && month[4] == '-' && absl::SimpleAtoi(month.substr(0, 4), &year) &&
                    absl::SimpleAtoi(month.substr(5), &number) && year > 0 && number >= 1 && number <= 12;
  fields.Check(month.empty() || good, "mois", "must be a month YYYY-MM, or empty for all lots");
}

absl::Status NoSite(const std::string& code) {
  return WithErrorInfo(absl::NotFoundError(absl::StrCat("site ", code, " does not exist; the sites are LL, LS and MT")),
                       "SITE_NOT_FOUND", {{"code", code}});
}

absl::Status GetSite(SiteReader& reader, const feeding::v1::GetSiteRequest& request, feeding::v1::Site* response) {
  Fields fields;
  CheckCode(request.code(), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto sites = reader.ListSites();
  if (!sites.ok()) return sites.status();
  for (feeding::v1::Site& site : *sites) {
    if (site.code() != request.code()) continue;
    *response = std::move(site);
    return absl::OkStatus();
  }
  return NoSite(request.code());
}

absl::Status GetSiteStats(SiteReader& reader, const feeding::v1::GetSiteStatsRequest& request, SiteStats* response) {
  Fields fields;
  CheckCode(request.code(), fields);
  CheckMonth(request.mois(), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto sites = reader.ListSiteStats(request.mois());
  if (!sites.ok()) return sites.status();
  for (SiteStats& site : *sites) {
    if (site.site_code() != request.code()) continue;
    *response = std::move(site);
    return absl::OkStatus();
  }
  return NoSite(request.code());
}

absl::Status ListSiteStats(SiteReader& reader, const feeding::v1::ListSiteStatsRequest& request, feeding::v1::ListSiteStatsResponse* response) {
  Fields fields;
  CheckMonth(request.mois(), fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = Answer(reader.ReadTotal(request.mois()), response->mutable_total()); !failed.ok()) return failed;
  return AnswerAll(reader.ListSiteStats(request.mois()), response->mutable_sites());
}

// The figure a comparison is made by; absent when the site has none.
std::optional<double> Figure(const SiteStats& site, const std::string& metric) {
  if (metric == "production") return site.production_foie_kg();
  if (metric == "mortalite") return site.has_mortalite_moyenne() ? std::optional(site.mortalite_moyenne().value()) : std::nullopt;
  return site.has_itm_moyen() ? std::optional(site.itm_moyen().value()) : std::nullopt;
}

// Low is good, except for production; a site without figure is after all others. Equal figures share a rank.
absl::Status CompareSites(SiteReader& reader, const feeding::v1::CompareSitesRequest& request,
                          feeding::v1::CompareSitesResponse* response) {
  Fields fields;
  fields.OneOf("metrique", request.metrique(), {"itm", "mortalite", "production"});
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto sites = reader.ListSiteStats("");
  if (!sites.ok()) return sites.status();
  const double sign = request.metrique() == "production" ? -1 : 1;
  const auto better = [&](const SiteStats& a, const SiteStats& b) {
    const auto left = Figure(a, request.metrique());
    const auto right = Figure(b, request.metrique());
    if (!left.has_value() || !right.has_value()) return left.has_value() && !right.has_value();
    return sign * *left < sign * *right;
  };
  std::stable_sort(sites->begin(), sites->end(), better);
  for (size_t i = 0; i < sites->size(); ++i) {
    const SiteStats& site = (*sites)[i];
    SiteComparison* row = response->add_sites();
    row->set_site_code(site.site_code());
    row->set_site_nom(site.site_nom());
    if (const auto figure = Figure(site, request.metrique())) row->mutable_valeur()->set_value(*figure);
    if (site.has_itm_moyen()) *row->mutable_itm_moyen() = site.itm_moyen();
    if (site.has_mortalite_moyenne()) *row->mutable_mortalite() = site.mortalite_moyenne();
    row->set_production_kg(site.production_foie_kg());
    row->set_nb_lots(site.nb_lots());
    const bool equal = i > 0 && !better((*sites)[i - 1], site);
    row->set_rank(equal ? response->sites(static_cast<int>(i) - 1).rank() : static_cast<int>(i) + 1);
  }
  return absl::OkStatus();
}

absl::Status ListProduction(SiteReader& reader, const feeding::v1::ListProductionRequest& request,
                            feeding::v1::ListProductionResponse* response) {
  Fields fields;
  const int days = fields.Number("periode", request.periode(), 1, 3650, 30);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return AnswerAll(reader.ListProduction(days), response->mutable_points());
}

// Answers also without a database: that is what it is asked for.
absl::Status GetHealth(SiteReader& reader, absl::Time now, feeding::v1::GetSupervisionHealthResponse* response) {
  const auto counts = reader.Count();
  response->set_status(counts.ok() ? "healthy" : "unhealthy");
  response->set_service("euralis");
  response->set_database(counts.ok() ? "connected" : "disconnected");
  if (counts.ok()) {
    response->set_sites(counts->sites);
    response->set_lots(counts->lots);
  }
  ToTimestamp(now, response->mutable_timestamp());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* SiteService::ListSites(grpc::CallbackServerContext* context, const feeding::v1::ListSitesRequest*,
                                                 feeding::v1::ListSitesResponse* response) {
  return calls_.Run(context, [=, this] { return AnswerAll(sites_.ListSites(), response->mutable_sites()); });
}

grpc::ServerUnaryReactor* SiteService::CompareSites(grpc::CallbackServerContext* context,
                                                    const feeding::v1::CompareSitesRequest* request,
                                                    feeding::v1::CompareSitesResponse* response) {
  return calls_.Run(context, [=, this] { return api::CompareSites(sites_, *request, response); });
}

grpc::ServerUnaryReactor* SiteService::GetSite(grpc::CallbackServerContext* context, const feeding::v1::GetSiteRequest* request,
                                               feeding::v1::Site* response) {
  return calls_.Run(context, [=, this] { return api::GetSite(sites_, *request, response); });
}

grpc::ServerUnaryReactor* SiteService::GetSiteStats(grpc::CallbackServerContext* context,
                                                    const feeding::v1::GetSiteStatsRequest* request,
                                                    feeding::v1::SiteStats* response) {
  return calls_.Run(context, [=, this] { return api::GetSiteStats(sites_, *request, response); });
}

grpc::ServerUnaryReactor* SiteService::ListSiteStats(grpc::CallbackServerContext* context,
                                                     const feeding::v1::ListSiteStatsRequest* request,
                                                     feeding::v1::ListSiteStatsResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListSiteStats(sites_, *request, response); });
}

grpc::ServerUnaryReactor* SiteService::GetKpis(grpc::CallbackServerContext* context, const feeding::v1::GetKpisRequest*,
                                               feeding::v1::GetKpisResponse* response) {
  return calls_.Run(context, [=, this] { return Answer(sites_.ReadKpis(), response); });
}

grpc::ServerUnaryReactor* SiteService::ListProduction(grpc::CallbackServerContext* context,
                                                      const feeding::v1::ListProductionRequest* request,
                                                      feeding::v1::ListProductionResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListProduction(sites_, *request, response); });
}

grpc::ServerUnaryReactor* SiteService::ListItm(grpc::CallbackServerContext* context, const feeding::v1::ListItmRequest*,
                                               feeding::v1::ListItmResponse* response) {
  return calls_.Run(context, [=, this] { return AnswerAll(sites_.ListItm(), response->mutable_sites()); });
}

grpc::ServerUnaryReactor* SiteService::GetHealth(grpc::CallbackServerContext* context,
                                                 const feeding::v1::GetSupervisionHealthRequest*,
                                                 feeding::v1::GetSupervisionHealthResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetHealth(sites_, clock_.Now(), response); });
}

}  // namespace egi::api
