#include "server/api/feeding/gaveur_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/api/caller.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/identity/account_checks.h"
#include "server/api/lot_checks.h"
#include "server/auth/contact_scope.h"
#include "server/auth/door.h"
#include "server/performance/feeder.h"

namespace egi::api {
namespace {

using feeding::v1::CreateGaveurRequest;
using feeding::v1::Gaveur;
using feeding::v1::GaveurAnalytics;
using feeding::v1::GaveurPerformance;
using feeding::v1::GaveurStats;
using feeding::v1::PerformanceLot;
using storage::read::GaveurReader;
using storage::read::SiteReader;

void CheckId(const char* field, int32_t id, Fields& fields) { fields.Check(id > 0, field, "must be > 0"); }

// Digits of a telephone number; nullopt when it holds anything else than one leading +, digits, spaces, dots, dashes and parentheses.
std::optional<size_t> Digits(const std::string& telephone) {
  size_t digits = 0;
  for (size_t i = 0; i < telephone.size(); ++i) {
    const char c = telephone[i];
    if (absl::ascii_isdigit(c)) {
      ++digits;
    } else if (!(c == '+' && i == 0) && std::string(" .-()").find(c) == std::string::npos) {
      return std::nullopt;
    }
  }
  return digits;
}

// No description quotes a value: they are personal.
void CheckNew(const CreateGaveurRequest& request, Fields& fields) {
  fields.Text("nom", request.nom(), 1, 100);
  fields.Text("prenom", request.prenom(), 1, 100);
  fields.Text("email", request.email(), 0, 200);
  fields.Check(request.email().empty() || IsEmail(request.email()), "email", "must be an address like name@example.org, or empty");
  fields.Text("telephone", request.telephone(), 0, 40);
  const auto digits = Digits(request.telephone());
  fields.Check(request.telephone().empty() || (digits.has_value() && *digits >= 10 && *digits <= 15), "telephone",
               "must have 10 to 15 digits, or be empty");
  fields.Text("adresse", request.adresse(), 0, 300);
  fields.Check(request.certifications_size() <= 20, "certifications", "has more than 20 texts");
  for (int i = 0; i < request.certifications_size(); ++i) {
    fields.Text(absl::StrCat("certifications[", i, "]"), request.certifications(i), 1, 100);
  }
  if (!request.password().empty()) {
    CheckPassword(request.password(), fields);
    fields.Check(!request.email().empty(), "email", "is empty; an account needs it as its name, or leave the password out");
  }
  fields.SiteCode("site_code", request.site_code());
  fields.Text("request_id", request.request_id(), 0, 100);
}

// Whose contact the caller of a call may see; nobody's without a token.
absl::StatusOr<auth::ContactScope> ScopeOf(const ContactDesk& desk, const grpc::CallbackServerContext& context) {
  const auto caller = auth::CallerOf(desk.tokens, context);
  if (!caller.ok()) return caller.status();
  if (!caller->has_value()) return auth::ContactScope();
  const auto account = desk.accounts.Standing(**caller);
  if (!account.ok()) return account.status();
  return auth::ContactScopeOf(*account);
}

// Gaveur and SiteGaveur hold the same of a person.
template <typename Message>
void Tell(const storage::read::Contact& contact, Message* gaveur) {
  if (contact.nom.has_value()) gaveur->set_nom(*contact.nom);
  if (contact.prenom.has_value()) gaveur->mutable_prenom()->set_value(*contact.prenom);
  if (contact.email.has_value()) gaveur->mutable_email()->set_value(*contact.email);
  if (contact.telephone.has_value()) gaveur->mutable_telephone()->set_value(*contact.telephone);
}

absl::Status GetGaveur(GaveurReader& reader, const ContactDesk& desk, const grpc::CallbackServerContext& context, int32_t id, Gaveur* response) {
  Fields fields;
  CheckId("id", id, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto scope = ScopeOf(desk, context);
  if (!scope.ok()) return scope.status();
  const auto contacts = desk.contacts.ReadContacts(*scope, {id});
  if (!contacts.ok()) return contacts.status();
  if (absl::Status failed = Answer(reader.FindGaveur(id), response); !failed.ok()) return failed;
  if (const auto contact = contacts->find(id); contact != contacts->end()) Tell(contact->second, response);
  return absl::OkStatus();
}

absl::Status CreateGaveur(GaveurReader& reader, storage::write::GaveurStore& store, auth::PasswordHasher& hasher, CreateGaveurRequest request,
                          grpc::CallbackServerContext* context, Gaveur* response) {
  Fields fields;
  request.set_request_id(WishOf(request.request_id(), CallerOf(*context), "request_id", fields));
  CheckNew(request, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto gaveur = store.CreateGaveur(request, [&] { return hasher.Hash(request.password()); });
  if (!gaveur.ok()) return gaveur.status();
  TellNew(gaveur->is_new, context);
  return Answer(reader.FindGaveur(gaveur->id), response);
}

absl::Status ListSiteGaveurs(GaveurReader& gaveurs, SiteReader& sites, const ContactDesk& desk, const grpc::CallbackServerContext& context,
                             const std::string& code, feeding::v1::ListSiteGaveursResponse* response) {
  Fields fields;
  fields.Check(code.size() == 2 && absl::ascii_isupper(code[0]) && absl::ascii_isupper(code[1]), "code", "must be two capital letters: LL, LS or MT");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto known = sites.ListSites();
  if (!known.ok()) return known.status();
  if (std::none_of(known->begin(), known->end(), [&](const auto& site) { return site.code() == code; })) {
    return WithErrorInfo(absl::NotFoundError(absl::StrCat("site ", code, " does not exist; the sites are LL, LS and MT")), "SITE_NOT_FOUND",
                         {{"code", code}});
  }
  const auto scope = ScopeOf(desk, context);
  if (!scope.ok()) return scope.status();
  if (absl::Status failed = AnswerAll(gaveurs.ListSiteGaveurs(code), response->mutable_gaveurs()); !failed.ok()) return failed;
  std::vector<int32_t> ids;
  for (const auto& gaveur : response->gaveurs()) ids.push_back(gaveur.id());
  const auto contacts = desk.contacts.ReadContacts(*scope, ids);
  if (!contacts.ok()) return contacts.status();
  for (auto& gaveur : *response->mutable_gaveurs()) {
    if (const auto contact = contacts->find(gaveur.id()); contact != contacts->end()) Tell(contact->second, &gaveur);
  }
  return absl::OkStatus();
}

template <typename Message>
void SetCluster(Message& gaveur) {
  if (!gaveur.has_itm_moyen()) return;
  const int cluster = performance::ClusterOf(gaveur.itm_moyen().value());
  gaveur.mutable_cluster_id()->set_value(cluster);
  gaveur.mutable_cluster_label()->set_value(performance::kClusters[static_cast<size_t>(cluster)]);
}

absl::Status ListPerformances(GaveurReader& reader, const feeding::v1::ListGaveurPerformancesRequest& request,
                              feeding::v1::ListGaveurPerformancesResponse* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  const auto& names = performance::kClusters;
  fields.OneOf("cluster_label", request.cluster_label(), {names[0], names[1], names[2], names[3], names[4]});
  const int limit = fields.Number("limit", request.limit(), 1, 500, 100);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto gaveurs = reader.ListPerformances(request.site_code());
  if (!gaveurs.ok()) return gaveurs.status();
  for (GaveurPerformance& gaveur : *gaveurs) {
    if (response->gaveurs_size() == limit) break;
    SetCluster(gaveur);
    if (request.cluster_label().empty() || gaveur.cluster_label().value() == request.cluster_label()) *response->add_gaveurs() = std::move(gaveur);
  }
  return absl::OkStatus();
}

absl::Status GetAnalytics(GaveurReader& reader, int32_t id, GaveurAnalytics* response) {
  Fields fields;
  CheckId("id", id, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = Answer(reader.ReadAnalytics(id), response); !failed.ok()) return failed;
  SetCluster(*response);
  return absl::OkStatus();
}

// Over the lots of a history; sums first, so that no mean of means comes out.
void Summarize(const google::protobuf::RepeatedPtrField<PerformanceLot>& lots, feeding::v1::HistoryStatistics& figures) {
  double corn = 0, liver = 0, placed = 0, lost = 0;
  std::vector<double> itm;  // newest first
  for (const PerformanceLot& lot : lots) {
    if (lot.has_itm()) itm.push_back(lot.itm().value());
    if (lot.has_itm() && lot.has_production_kg()) {
      corn += lot.itm().value() * lot.production_kg().value();
      liver += lot.production_kg().value();
    }
    if (lot.has_mortalite_pct() && lot.has_nb_canards()) {
      placed += lot.nb_canards().value();
      lost += lot.mortalite_pct().value() / 100 * lot.nb_canards().value();
    }
  }
  figures.set_nb_lots(lots.size());
  figures.set_production_totale_kg(liver);
  if (liver > 0) figures.mutable_itm_moyen()->set_value(corn / liver);
  if (placed > 0) figures.mutable_mortalite_moyenne()->set_value(100 * lost / placed);
  if (!itm.empty()) {
    figures.mutable_itm_min()->set_value(*std::min_element(itm.begin(), itm.end()));
    figures.mutable_itm_max()->set_value(*std::max_element(itm.begin(), itm.end()));
  }
  std::reverse(itm.begin(), itm.end());
  const performance::Trend trend = performance::TrendOf(itm);
  figures.set_tendance_itm(trend.name);
  if (trend.slope.has_value()) figures.mutable_pente_itm()->set_value(*trend.slope);
}

absl::Status GetHistory(GaveurReader& reader, const feeding::v1::GetPerformanceHistoryRequest& request,
                        feeding::v1::GetPerformanceHistoryResponse* response) {
  Fields fields;
  CheckId("gaveur_id", request.gaveur_id(), fields);
  const int limit = fields.Number("limit", request.limit(), 1, 100, 10);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  response->set_gaveur_id(request.gaveur_id());
  if (absl::Status failed = AnswerAll(reader.ListLots(request.gaveur_id(), limit), response->mutable_lots()); !failed.ok()) return failed;
  Summarize(response->lots(), *response->mutable_statistiques());
  return absl::OkStatus();
}

std::optional<absl::CivilDay> Day(const char* field, const std::string& text, Fields& fields) {
  if (text.empty()) return std::nullopt;
  absl::CivilDay day;
  if (IsDate(text) && absl::ParseCivilTime(text, &day)) return day;
  fields.Add(field, "must be a date YYYY-MM-DD, or empty");
  return std::nullopt;
}

absl::Status GetStats(GaveurReader& reader, const feeding::v1::GetGaveurStatsRequest& request, GaveurStats* response) {
  Fields fields;
  CheckId("gaveur_id", request.gaveur_id(), fields);
  const auto from = Day("debut", request.debut(), fields);
  const auto to = Day("fin", request.fin(), fields);
  fields.Check(!from.has_value() || !to.has_value() || *from <= *to, "fin", "must not be before debut");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = Answer(reader.ReadStats(request.gaveur_id(), from, to), response); !failed.ok()) return failed;
  if (response->has_itm_moyen() && response->has_taux_mortalite()) {
    response->mutable_performance_score()->set_value(
        performance::FeederScore(response->itm_moyen().value(), response->taux_mortalite().value()));
  }
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* GaveurService::GetGaveur(grpc::CallbackServerContext* context, const feeding::v1::GetGaveurRequest* request,
                                                   Gaveur* response) {
  return calls_.Run(context, [=, this] { return api::GetGaveur(gaveurs_, desk_, *context, request->id(), response); });
}

grpc::ServerUnaryReactor* GaveurService::CreateGaveur(grpc::CallbackServerContext* context, const CreateGaveurRequest* request, Gaveur* response) {
  Calls& calls = request->password().empty() ? calls_ : logins_;
  return calls.Run(context, [=, this] { return api::CreateGaveur(gaveurs_, store_, desk_.hasher, *request, context, response); });
}

grpc::ServerUnaryReactor* GaveurService::ListSiteGaveurs(grpc::CallbackServerContext* context, const feeding::v1::ListSiteGaveursRequest* request,
                                                         feeding::v1::ListSiteGaveursResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListSiteGaveurs(gaveurs_, sites_, desk_, *context, request->code(), response); });
}

grpc::ServerUnaryReactor* GaveurService::ListGaveurPerformances(grpc::CallbackServerContext* context,
                                                                const feeding::v1::ListGaveurPerformancesRequest* request,
                                                                feeding::v1::ListGaveurPerformancesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListPerformances(gaveurs_, *request, response); });
}

grpc::ServerUnaryReactor* GaveurService::GetGaveurAnalytics(grpc::CallbackServerContext* context,
                                                            const feeding::v1::GetGaveurAnalyticsRequest* request, GaveurAnalytics* response) {
  return calls_.Run(context, [=, this] { return api::GetAnalytics(gaveurs_, request->id(), response); });
}

grpc::ServerUnaryReactor* GaveurService::GetPerformanceHistory(grpc::CallbackServerContext* context,
                                                               const feeding::v1::GetPerformanceHistoryRequest* request,
                                                               feeding::v1::GetPerformanceHistoryResponse* response) {
  return calls_.Run(context, [=, this] { return api::GetHistory(gaveurs_, *request, response); });
}

grpc::ServerUnaryReactor* GaveurService::GetGaveurStats(grpc::CallbackServerContext* context, const feeding::v1::GetGaveurStatsRequest* request,
                                                        GaveurStats* response) {
  return calls_.Run(context, [=, this] { return api::GetStats(gaveurs_, *request, response); });
}

}  // namespace egi::api
