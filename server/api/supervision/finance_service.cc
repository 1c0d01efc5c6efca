#include "server/api/supervision/finance_service.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "server/api/caller.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/lot_checks.h"
#include "server/api/pages.h"
#include "server/base/site_zone.h"
#include "server/finance/account.h"
#include "server/finance/price_book.h"

namespace egi::api {
namespace {

using finance::PriceBook;
using finance::Uses;
using storage::FinanceStore;
using supervision::v1::Amounts;
using supervision::v1::AmountsOf;
using supervision::v1::CreatePriceRequest;
using supervision::v1::GetIndicatorsRequest;
using supervision::v1::Indicators;
using supervision::v1::ListPricesRequest;
using supervision::v1::ListPricesResponse;
using supervision::v1::Price;

constexpr double kMaxPrice = 10000;
constexpr int kMaxLeftOut = 500;

bool IsPrice(double eur) { return std::isfinite(eur) && eur >= 0 && eur <= kMaxPrice; }

absl::Status ListPrices(FinanceStore& store, const ListPricesRequest& request, absl::Time now, ListPricesResponse* response) {
  Fields fields;
  fields.Check(request.type_prix().empty() || !finance::UnitOf(request.type_prix()).empty(), "type_prix",
               absl::StrCat("must be one of ", absl::StrJoin(finance::kKinds, ", "), ", or empty"));
  fields.Check(request.date().empty() || IsDate(request.date()), "date", "must be a date YYYY-MM-DD, or absent for today");
  const absl::Status listed = AnswerPage(
      request, fields, [&](std::optional<int64_t> before, int limit) { return store.ListHistory(request.type_prix(), before.value_or(0), limit); },
      [](const Price& price) { return price.id(); }, Into(response->mutable_historique()), response->mutable_next_page_token());
  if (!listed.ok()) return listed;
  auto rows = store.ListPrices();
  if (!rows.ok()) return rows.status();
  const PriceBook book(*std::move(rows));
  response->set_date(request.date().empty() ? absl::FormatCivilTime(absl::ToCivilDay(now, SiteZone())) : request.date());
  for (const std::string kind : finance::kKinds) {
    if (!request.type_prix().empty() && request.type_prix() != kind) continue;
    std::vector<std::string> grades = {""};
    if (kind == finance::kLiver) grades.insert(grades.end(), finance::kGrades.begin(), finance::kGrades.end());
    for (const std::string& grade : grades) {
      if (const Price* price = book.On(kind, grade, response->date()); price != nullptr) *response->add_en_vigueur() = *price;
    }
  }
  return absl::OkStatus();
}

absl::Status CreatePrice(FinanceStore& store, CreatePriceRequest request, grpc::CallbackServerContext* context, Price* response) {
  Fields fields;
  request.set_request_id(WishOf(request.request_id(), CallerOf(*context), "request_id", fields));
  fields.Check(!finance::UnitOf(request.type_prix()).empty(), "type_prix",
               absl::StrCat("must be one of ", absl::StrJoin(finance::kKinds, ", ")));
  fields.OneOf("grade", request.grade(), {"A+", "A", "B", "C", "REJECT"});
  fields.Check(request.grade().empty() || request.type_prix() == finance::kLiver, "grade", "is for prices of foie only; leave it out");
  fields.Check(request.has_prix() && IsPrice(request.prix().value()), "prix",
               absl::StrCat("must be 0..", kMaxPrice, " ", finance::UnitOf(request.type_prix())));
  fields.Check(IsDate(request.valide_du()), "valide_du", "must be a date YYYY-MM-DD, the first day the price holds");
  fields.Text("saisi_par", request.saisi_par(), 1, 100);
  fields.Text("raison", request.raison(), 1, 500);
  fields.Text("request_id", request.request_id(), 0, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto entered = store.AddPrice(request);
  if (!entered.ok()) return entered.status();
  TellNew(entered->is_new, context);
  *response = std::move(entered->price);
  return absl::OkStatus();
}

// The prices of the scenario, by kind.
std::map<std::string, double> ScenarioOf(const GetIndicatorsRequest& request, Fields& fields) {
  std::map<std::string, double> scenario;
  const auto take = [&](const char* field, const char* kind, bool given, double eur) {
    if (!given) return;
    fields.Check(IsPrice(eur), field, absl::StrCat("must be 0..", kMaxPrice, " ", finance::UnitOf(kind)));
    scenario[kind] = eur;
  };
  take("prix_foie", finance::kLiver, request.has_prix_foie(), request.prix_foie().value());
  take("prix_mais", finance::kCorn, request.has_prix_mais(), request.prix_mais().value());
  take("prix_gavage", finance::kLabour, request.has_prix_gavage(), request.prix_gavage().value());
  take("prix_transport_canard", finance::kBirdTransport, request.has_prix_transport_canard(), request.prix_transport_canard().value());
  take("prix_transport_km", finance::kKmTransport, request.has_prix_transport_km(), request.prix_transport_km().value());
  take("prix_canard_pag", finance::kReadyBird, request.has_prix_canard_pag(), request.prix_canard_pag().value());
  return scenario;
}

// Sums of a part of the lots, at the prices of their days and at those of the scenario.
struct Part {
  Amounts base, scenario;
};
using Parts = std::map<std::string, Part>;

void AddParts(Parts parts, bool with_scenario, google::protobuf::RepeatedPtrField<AmountsOf>* field) {
  for (auto& [name, part] : parts) {
    AmountsOf& amounts = *field->Add();
    amounts.set_nom(name);
    finance::SetRatios(part.base);
    *amounts.mutable_base() = part.base;
    if (!with_scenario) continue;
    finance::SetRatios(part.scenario);
    *amounts.mutable_scenario() = part.scenario;
  }
}

void AddRemarks(const Uses& uses, const Parts& sites, Indicators& response) {
  std::vector<std::string> assumed;
  bool birds = false, km = false;
  for (const auto& [key, use] : uses.prices) {
    if (use.first.hypothese()) assumed.push_back(absl::StrCat(key.first.first, " ", use.first.prix(), " ", use.first.unite()));
    birds |= key.first.first == finance::kReadyBird;
    km |= key.first.first == finance::kKmTransport;
  }
  if (!assumed.empty()) {
    response.set_hypothese(true);
    response.add_remarques(absl::StrCat("Hypothèses, à remplacer par des prix saisis : ", absl::StrJoin(assumed, ", "), "."));
  }
  if (!sites.empty() && !birds) response.add_remarques("L'achat des canards prêts à gaver n'est pas compté : aucun prix canard_pag n'est saisi.");
  if (uses.lots_without_km > 0) {
    response.add_remarques(absl::StrCat("Le trajet n'est pas compté pour ", uses.lots_without_km, " lot(s) : leur distance à l'abattoir n'est pas connue."));
  } else if (!sites.empty() && !km) {
    response.add_remarques("Le trajet n'est pas compté : aucun prix transport_km n'est saisi.");
  }
  if (!uses.grades_without_price.empty()) {
    response.add_remarques(absl::StrCat("Prix unique du foie pour les lots dont un grade n'a pas de prix : ", absl::StrJoin(uses.grades_without_price, ", "), "."));
  }
}

absl::Status GetIndicators(FinanceStore& store, const GetIndicatorsRequest& request, Indicators* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  fields.Check(request.from().empty() || IsDate(request.from()), "from", "must be a date YYYY-MM-DD, or absent");
  fields.Check(request.to().empty() || IsDate(request.to()), "to", "must be a date YYYY-MM-DD, or absent");
  fields.Check(!IsDate(request.from()) || !IsDate(request.to()) || request.from() <= request.to(), "to", "must not be before from");
  const std::map<std::string, double> overrides = ScenarioOf(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto facts = store.Read(request.from(), request.to(), request.site_code());
  if (!facts.ok()) return facts.status();

  const PriceBook book(std::move(facts->prices));
  const PriceBook scenario = book.With(overrides);
  Uses uses;
  Parts all, sites, strains, months;
  for (const finance::LotFacts& lot : facts->lots) {
    if (const std::string why = finance::WhyLeftOut(lot); !why.empty()) {
      response->set_nb_lots_ecartes(response->nb_lots_ecartes() + 1);
      if (response->lots_ecartes_size() == kMaxLeftOut) continue;
      auto& left = *response->add_lots_ecartes();
      left.set_lot_id(lot.id);
      left.set_code_lot(lot.code);
      left.set_site_code(lot.site);
      left.set_statut(lot.state);
      left.set_raison(why);
      left.set_message(finance::ExplainLeftOut(why));
      continue;
    }
    const Amounts base = finance::AccountOf(lot, book, &uses);
    const Amounts changed = finance::AccountOf(lot, scenario, nullptr);
    for (Part* part : {&all[""], &sites[lot.site], &strains[lot.strain], &months[lot.end_day.substr(0, 7)]}) {
      finance::Add(base, part->base);
      finance::Add(changed, part->scenario);
    }
  }

  response->set_from(request.from());
  response->set_to(request.to());
  response->set_site_code(request.site_code());
  Part& total = all[""];
  finance::SetRatios(total.base);
  *response->mutable_base() = total.base;
  if (!overrides.empty()) {
    finance::SetRatios(total.scenario);
    *response->mutable_scenario() = total.scenario;
  }
  for (auto& share : finance::SplitOf(total.base)) *response->add_repartition_couts() = std::move(share);
  for (const auto& [key, use] : uses.prices) {
    auto& used = *response->add_prix_utilises();
    *used.mutable_prix() = use.first;
    used.set_nb_lots(use.second);
  }
  AddRemarks(uses, sites, *response);
  AddParts(std::move(sites), !overrides.empty(), response->mutable_par_site());
  AddParts(std::move(strains), !overrides.empty(), response->mutable_par_souche());
  AddParts(std::move(months), !overrides.empty(), response->mutable_par_mois());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* FinanceService::ListPrices(grpc::CallbackServerContext* context, const ListPricesRequest* request,
                                                     ListPricesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListPrices(store_, *request, clock_.Now(), response); });
}

grpc::ServerUnaryReactor* FinanceService::CreatePrice(grpc::CallbackServerContext* context, const CreatePriceRequest* request, Price* response) {
  return calls_.Run(context, [=, this] { return api::CreatePrice(store_, *request, context, response); });
}

grpc::ServerUnaryReactor* FinanceService::GetIndicators(grpc::CallbackServerContext* context, const GetIndicatorsRequest* request, Indicators* response) {
  return calls_.Run(context, [=, this] { return api::GetIndicators(store_, *request, response); });
}

}  // namespace egi::api
